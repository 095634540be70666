import { useLayoutStore } from '../stores/layout'
import { useMessagesStore } from '../stores/messages'
import { useStudyStore } from '../stores/study'
import { registerCommands } from './commands'
import { chooseAndOpen } from './openStudy'

/** What can be done from anywhere in the window. */
export function registerShellCommands(): () => void {
  const layout = useLayoutStore()
  const study = useStudyStore()
  const messages = useMessagesStore()
  const isOpen = (): boolean => study.catalogue !== null
  return registerCommands([
    {
      id: 'study.open.folder',
      title: 'Open a study folder…',
      group: 'Studies',
      keys: ['mod+o'],
      run: () => chooseAndOpen('folder'),
    },
    {
      id: 'study.open.files',
      title: 'Open DICOM files or a zip…',
      group: 'Studies',
      keys: ['mod+shift+o'],
      run: () => chooseAndOpen('files'),
    },
    {
      id: 'study.demo',
      title: 'Open the demonstration study',
      group: 'Studies',
      run: () => study.openDemo(),
    },
    { id: 'study.close', title: 'Close the study', group: 'Studies', when: isOpen, run: () => study.close() },
    {
      id: 'room.studies',
      title: 'Go to Studies',
      group: 'Window',
      keys: ['alt+1'],
      run: () => layout.go('studies'),
    },
    {
      id: 'room.review',
      title: 'Go to Review',
      group: 'Window',
      keys: ['alt+2'],
      run: () => layout.go('review'),
    },
    {
      id: 'room.reading',
      title: 'Go to Reading',
      group: 'Window',
      keys: ['alt+3'],
      run: () => layout.go('reading'),
    },
    {
      id: 'room.training',
      title: 'Go to Training',
      group: 'Window',
      keys: ['alt+4'],
      run: () => layout.go('training'),
    },
    { id: 'room.jobs', title: 'Go to Jobs', group: 'Window', keys: ['alt+5'], run: () => layout.go('jobs') },
    {
      id: 'room.settings',
      title: 'Go to Settings',
      group: 'Window',
      keys: ['alt+6', 'mod+,'],
      run: () => layout.go('settings'),
    },
    {
      id: 'window.palette',
      title: 'Find a command…',
      group: 'Window',
      keys: ['mod+k'],
      keysOnly: true,
      run: () => void (layout.overlay = 'palette'),
    },
    {
      id: 'window.keys',
      title: 'Keyboard shortcuts',
      group: 'Window',
      keys: ['?', 'f1'],
      run: () => void (layout.overlay = 'keys'),
    },
    {
      id: 'message.dismiss',
      title: 'Dismiss the last message',
      group: 'Window',
      keys: ['esc'],
      when: () => messages.messages.length > 0,
      run: () => void messages.dismissLast(),
    },
  ])
}
