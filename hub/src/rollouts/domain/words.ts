/** "1 cluster", "2 clusters" */
export function clusters(count: number): string {
  return `${count} ${count === 1 ? 'cluster' : 'clusters'}`;
}
