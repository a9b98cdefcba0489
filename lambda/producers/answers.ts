import { passes, type Refusal } from './refusal';

/** What became of each entry of a request, in their order; undefined for those that were accepted. */
export type Answers = readonly (Refusal | undefined)[];

// never taken for acceptance: only what a service has confirmed has arrived
const silence: Refusal = { code: 'NoAnswer', message: 'the service did not say what became of it', passing: true };

/** The answers of a service that names entries by id; the ids are the places in the request. */
export function answersById(count: number, { Successful = [], Failed = [] }: {
  readonly Successful?: readonly { readonly Id?: string | undefined }[] | undefined;
  readonly Failed?: readonly {
    readonly Id?: string | undefined; readonly SenderFault?: boolean | undefined; readonly Code?: string | undefined; readonly Message?: string | undefined;
  }[] | undefined;
}): Answers {
  const accepted = new Set(Successful.map(({ Id }) => Id));
  const failed = new Map(Failed.map((failure) => [failure.Id, failure]));
  return Array.from({ length: count }, (_, place) => {
    const failure = failed.get(String(place));
    if (!failure) { return accepted.has(String(place)) ? undefined : silence; }
    const { Code: code = 'Error', Message: message = '', SenderFault } = failure;
    // a caller who asks too often counts as a sender at fault, too
    return { code, message, passing: SenderFault !== true || passes(code) };
  });
}

/** The answers of a service that answers in the order of the entries. */
export function answersByPlace(count: number, results: readonly {
  readonly id: string | undefined; readonly ErrorCode?: string | undefined; readonly ErrorMessage?: string | undefined;
}[]): Answers {
  return Array.from({ length: count }, (_, place) => {
    const { id, ErrorCode: code, ErrorMessage: message = '' } = results[place] ?? { id: undefined };
    if (code) { return { code, message, passing: passes(code) }; }
    return id ? undefined : silence;
  });
}
