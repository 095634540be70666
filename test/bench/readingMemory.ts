import { openAndLoad } from './openAndLoad'

/** A process that reads a series and does nothing else: prints its peak memory, MB. */
void openAndLoad(process.argv[2]).then(() => console.log(process.resourceUsage().maxRSS / 1024))
