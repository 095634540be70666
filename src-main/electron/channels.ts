/** The IPC channels between preload and main. A preload in the sandbox may import constants, nothing that runs Node. */
export const channels = {
  connect: 'umbra:connect',
  chooseStudy: 'umbra:choose-study',
  chooseFolder: 'umbra:choose-folder',
  port: 'umbra:port',
  engineRestart: 'umbra:engine-restart',
  command: 'umbra:command',
} as const
