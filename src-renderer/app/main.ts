import { config } from 'zod'

// zod compiles object parsers with `new Function`, which the content security policy forbids; the switch must be set
// before the first schema is made, hence the second import at run time.
config({ jitless: true })
void import('./start')
