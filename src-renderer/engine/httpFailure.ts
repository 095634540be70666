import { problemSchema, UmbraError } from '@contract'

/** What a refused HTTP request of the host means, from its body where that is a problem, else from its status. */
export async function failureOf(
  response: Pick<Response, 'status' | 'text'>,
  where: string,
): Promise<UmbraError> {
  const text = await response.text().catch(() => '')
  try {
    const body: unknown = JSON.parse(text)
    const inner = typeof body === 'object' && body !== null && 'error' in body ? body.error : body
    const problem = problemSchema.safeParse(inner)
    if (problem.success) return new UmbraError(problem.data)
  } catch {
    // Not JSON: the status has to do.
  }
  if (response.status === 401 || response.status === 403) {
    return new UmbraError({
      code: 'not-allowed',
      message: 'The engine does not accept this window’s key.',
      hint: 'Open the address that "umbra serve" printed when it was last started.',
      where,
    })
  }
  return new UmbraError({
    code: 'http',
    message: `The engine answered with HTTP status ${response.status}.`,
    where,
  })
}
