const maxBytes = 32768;
const mark = '...';
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Cuts a condition message at 32768 bytes of UTF-8, the mark included, never inside a character (flux-compat 1.1). */
export function truncateMessage(message: string): string {
  // A UTF-16 unit takes at most three bytes.
  if (message.length * 3 <= maxBytes) return message;
  const bytes = encoder.encode(message);
  if (bytes.length <= maxBytes) return message;
  let end = maxBytes - mark.length;
  while ((bytes[end]! & 0xc0) === 0x80) end--;
  return decoder.decode(bytes.subarray(0, end)) + mark;
}
