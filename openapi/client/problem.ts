// A refusal as the API gives it (RFC 9457), and how to get an answer or that refusal out of a call.
import type { Problem } from "./schema.ts";

export class Refused extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(`${problem.title}: ${problem.detail}`);
    this.problem = problem;
  }

  /** Stable, from a closed list: compare this, never the sentence. */
  get code(): Problem["code"] {
    return this.problem.code;
  }

  /** The sentence for each field of the form, by its JSON pointer: "/name", "/plan/contents/0/text". */
  get fields(): ReadonlyMap<string, string> {
    return new Map((this.problem.errors ?? []).map((error) => [error.pointer, error.detail]));
  }
}

/** A resource as it was read, with the ETag that a change of it must name. */
export interface Held<T> {
  readonly value: T;
  readonly etag: string;
}

interface Result<T> {
  data?: T;
  error?: Problem;
  response: Response;
}

/** What a call answered; throws Refused. */
export async function answer<T>(call: Promise<Result<T>>): Promise<T> {
  const { data, error, response } = await call;
  const refused = response.headers.get("Content-Type")?.startsWith("application/problem+json");
  if (error !== undefined && refused) throw new Refused(error);
  // a proxy between us and the API has words of its own
  if (data === undefined) throw new Error(`${response.url} answered ${response.status}`);
  return data;
}

/** The same, with its ETag. */
export async function held<T>(call: Promise<Result<T>>): Promise<Held<T>> {
  const { response } = await call;
  const value = await answer(call);
  const etag = response.headers.get("ETag");
  if (etag === null) throw new Error(`${response.url} has no ETag`);
  return { value, etag };
}

/** Change something that others may change too: where they were faster (412), read it again and try again. */
export async function changing<T, U>(
  read: () => Promise<Held<T>>,
  change: (current: Held<T>) => Promise<U>,
  first?: Held<T>,
): Promise<U> {
  let current = first ?? (await read());
  for (let attempt = 1; ; attempt++) {
    try {
      return await change(current);
    } catch (refusal) {
      if (!(refusal instanceof Refused) || refusal.code !== "version_mismatch" || attempt === 3) throw refusal;
      current = await read();
    }
  }
}
