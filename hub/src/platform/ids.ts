import { uuidv7 } from 'uuidv7';

/** A new id. Ids are made by the application and sort by the time of their making. */
export function newId(): string {
  return uuidv7();
}
