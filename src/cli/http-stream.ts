import { asFailure, settle, type HttpClientOptions } from './http-client.ts';

export interface StreamRequest {
  readonly method: 'GET' | 'POST';
  /** From the first `/`, query included, already encoded. */
  readonly path: string;
  readonly body?: AsyncIterable<Uint8Array>;
}

/**
 * Sends one request, once, without a limit of time, and gives the answer with its body unread. Throws as HttpClient does for a refusal and
 * for a server that cannot be reached.
 */
export async function openHttpStream(
  options: Pick<HttpClientOptions, 'endpoint' | 'signal'>,
  { method, path, body, token }: StreamRequest & { readonly token: string },
): Promise<Response> {
  try {
    const answer = await fetch(options.endpoint + path, {
      method,
      redirect: 'manual',
      signal: options.signal,
      headers: { 'x-auth-token': token, ...(body === undefined ? {} : { 'content-type': 'application/octet-stream' }) },
      // Without `duplex` a body of unknown length is refused; the type does not know it.
      ...(body === undefined ? {} : ({ body, duplex: 'half' } as object)),
    });
    if (answer.status < 300) return answer;
    settle({ status: answer.status, headers: answer.headers, text: await answer.text() }, options.endpoint);
    return answer;
  } catch (error) {
    throw asFailure(error, options);
  }
}
