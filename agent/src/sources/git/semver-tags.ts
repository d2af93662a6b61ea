export function highestTags(_tags: readonly string[], _range: string): string[] {
  return [];
}
