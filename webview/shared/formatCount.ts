/** "1,528" */
export function formatCount(count: number): string {
  return count.toLocaleString('en');
}
