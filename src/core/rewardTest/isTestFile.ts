/** Whether a file holds reward tests, judged by its name. */
export function isTestFile(path: string): boolean {
  return /\.reward\.ya?ml$/i.test(path);
}
