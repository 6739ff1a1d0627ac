/** Resolves once something is so: sockets of this machine take as long as they take. Rejects where it is not within 20 s. */
export async function eventually(done: () => boolean): Promise<void> {
  const end = performance.now() + 20_000;
  while (!done()) {
    if (performance.now() > end) throw new Error("it did not happen within 20 s");
    await new Promise((resolve) => {
      setTimeout(resolve, 1);
    });
  }
}
