/** Composes the activities each worker role serves. Workflows take only the types. */
export {};
