/** The time, as a class so that it is its own injection token. Tests provide a fixed one. */
export class Clock {
  now(): Date {
    return new Date();
  }
}
