import { app, Menu, type MenuItemConstructorOptions } from 'electron'

/**
 * A menu item that runs a command of the page by its id. The page listens for the same keys, so they are shown here
 * and not registered a second time.
 */
function command(
  send: (id: string) => void,
  id: string,
  label: string,
  accelerator?: string,
): MenuItemConstructorOptions {
  return { label, accelerator, registerAccelerator: false, click: () => send(id) }
}

/** The native menu. `send` carries a command to the page that has the focus. */
export function setMenu(send: (id: string) => void): void {
  const separator: MenuItemConstructorOptions = { type: 'separator' }
  const developer: MenuItemConstructorOptions[] = app.isPackaged
    ? []
    : [separator, { role: 'reload' }, { role: 'toggleDevTools' }]
  const template: MenuItemConstructorOptions[] = [
    ...(process.platform === 'darwin' ? [{ role: 'appMenu' as const }] : []),
    {
      label: '&File',
      submenu: [
        command(send, 'study.open.folder', 'Open Study Folder…', 'CmdOrCtrl+O'),
        command(send, 'study.open.files', 'Open DICOM Files or a Zip…', 'CmdOrCtrl+Shift+O'),
        command(send, 'study.demo', 'Open the Demonstration Study'),
        separator,
        command(send, 'study.close', 'Close Study'),
        separator,
        process.platform === 'darwin' ? { role: 'close' } : { role: 'quit' },
      ],
    },
    { role: 'editMenu' },
    {
      label: '&View',
      submenu: [
        command(send, 'room.studies', 'Studies', 'Alt+1'),
        command(send, 'room.review', 'Review', 'Alt+2'),
        command(send, 'room.reading', 'Reading', 'Alt+3'),
        command(send, 'room.training', 'Training', 'Alt+4'),
        command(send, 'room.jobs', 'Jobs', 'Alt+5'),
        command(send, 'room.settings', 'Settings', 'Alt+6'),
        separator,
        command(send, 'window.palette', 'Find a Command…', 'CmdOrCtrl+K'),
        separator,
        { role: 'togglefullscreen' },
        ...developer,
      ],
    },
    { role: 'windowMenu' },
    {
      role: 'help',
      submenu: [command(send, 'window.keys', 'Keyboard Shortcuts', 'F1'), { role: 'about' }],
    },
  ]
  Menu.setApplicationMenu(Menu.buildFromTemplate(template))
}
