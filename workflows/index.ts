/** The bundle's entry: one export per workflow type. */
export {};
