/** The version in package.json, put in by the build. */
declare const __UMBRA_VERSION__: string
