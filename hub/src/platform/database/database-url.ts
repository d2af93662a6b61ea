/** Injection token of the address of the database, for what keeps connections of its own. */
export const DATABASE_URL = Symbol('database url');
