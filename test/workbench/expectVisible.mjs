/** Waits until the locator is visible; the error says in words what was not there. */
export async function expectVisible(locator, what, timeout = 15_000) {
  try {
    await locator.waitFor({ state: 'visible', timeout });
  } catch (error) {
    throw new Error(`${what} did not appear in ${timeout / 1000} s`, { cause: error });
  }
}
