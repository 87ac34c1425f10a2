// One logged-in user: the typed client, with the token, its renewal, and safe repetition underneath.
import createClient, { type Client } from "openapi-fetch";

import { answer } from "./problem.ts";
import type { paths, Tokens } from "./schema.ts";

const ATTEMPTS = 4;
const PATIENCE = 10; // seconds; who must wait longer is told so

export class Session {
  readonly api: Client<paths>;
  readonly #bare: Client<paths>;
  #tokens: Tokens;
  #renewal: Promise<void> | undefined;

  private constructor(bare: Client<paths>, address: string, tokens: Tokens) {
    this.#bare = bare;
    this.#tokens = tokens;
    this.api = createClient<paths>({ baseUrl: address, fetch: (request) => this.#send(request) });
  }

  static async logIn(address: string, username: string, password: string): Promise<Session> {
    const bare = createClient<paths>({ baseUrl: address, fetch: patiently });
    const tokens = await answer(bare.POST("/v1/auth/login", { body: { username, password } }));
    return new Session(bare, address, tokens);
  }

  async logOut(): Promise<void> {
    await this.api.POST("/v1/auth/logout");
  }

  /** An access token lives some minutes: on 401 it is renewed, once for all requests that wait for it. */
  async #send(request: Request): Promise<Response> {
    const used = this.#tokens;
    const response = await patiently(withToken(request, used));
    if (response.status !== 401) return response;
    if (this.#tokens === used) {
      this.#renewal ??= this.renew().finally(() => (this.#renewal = undefined));
      await this.#renewal;
    }
    return patiently(withToken(request, this.#tokens));
  }

  /** A refresh token is good for one use: the answer holds the next one. */
  async renew(): Promise<void> {
    const { refresh_token } = this.#tokens;
    this.#tokens = await answer(this.#bare.POST("/v1/auth/refresh", { body: { refresh_token } }));
  }
}

/** One value for one thing a user does, however often it must be sent. */
export function once(): { "Idempotency-Key": string } {
  return { "Idempotency-Key": crypto.randomUUID() };
}

function withToken(request: Request, tokens: Tokens): Request {
  const copy = request.clone();
  copy.headers.set("Authorization", `Bearer ${tokens.access_token}`);
  return copy;
}

/** Send again after a lost connection, or where the answer says Retry-After, but only what is safe to send twice. */
async function patiently(request: Request): Promise<Response> {
  const safe = request.method === "GET" || request.headers.has("Idempotency-Key") || request.headers.has("If-Match");
  for (let attempt = 1; ; attempt++) {
    const last = !safe || attempt === ATTEMPTS;
    let seconds = 2 ** attempt / 10;
    try {
      const response = await fetch(request.clone());
      const wait = response.headers.get("Retry-After");
      if (last || wait === null || Number(wait) > PATIENCE) return response;
      seconds = Number(wait);
    } catch (failure) {
      if (last) throw failure;
    }
    await new Promise((wake) => setTimeout(wake, seconds * 1000));
  }
}
