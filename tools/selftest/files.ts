/** The files that the self-test writes to a board's Storage, and erases. */
export const files = { data: "selftest.data", script: "selftest.js", code: "selftest.code" } as const;
