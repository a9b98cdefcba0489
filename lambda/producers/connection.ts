import { impatient as connection } from '../connection';

/** A request of a producer is larger than one of a consumer. */
export const impatient = { ...connection, requestHandler: { ...connection.requestHandler, requestTimeout: 10_000 } };
