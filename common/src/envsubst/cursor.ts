const identifier = /[\p{L}\p{Nd}_]+/uy;

/** Reads a template from left to right; never goes back over what it has read. */
export class Cursor {
  at = 0;

  constructor(readonly text: string) {}

  get done(): boolean {
    return this.at >= this.text.length;
  }

  /** The next character, '' at the end. */
  peek(offset = 0): string {
    return this.text.charAt(this.at + offset);
  }

  /** Takes the text if it is next. */
  take(wanted: string): boolean {
    if (!this.text.startsWith(wanted, this.at)) return false;
    this.at += wanted.length;
    return true;
  }

  /** Takes as many of one character as there are, up to a number; gives what it took. */
  takeRun(char: string, most = Infinity): string {
    const start = this.at;
    while (this.peek() === char && this.at - start < most) this.at += 1;
    return this.text.slice(start, this.at);
  }

  /** A name, possibly empty: letters, digits and underscores. */
  takeName(): string {
    identifier.lastIndex = this.at;
    const name = identifier.exec(this.text)?.[0] ?? '';
    this.at += name.length;
    return name;
  }

  /** Takes text up to `${`, up to one of the stop characters, or to the end. Nothing is escaped. */
  takeUntil(stops: string): string {
    const start = this.at;
    while (!this.done && !stops.includes(this.peek()) && !this.startsExpansion()) this.at += 1;
    return this.text.slice(start, this.at);
  }

  /** As takeUntil, where some characters lose their meaning: `$$`, and with `slashes` also `\/` and `\\`. */
  takeUnescaped(stops: string, slashes: boolean): string {
    let out = '';
    let start = this.at;
    while (!this.done) {
      const char = this.peek();
      if (this.startsExpansion()) break;
      if (this.isEscape(char, slashes)) {
        out += this.text.slice(start, this.at);
        start = this.at + 1;
        this.at += 2;
      } else if (stops.includes(char)) break;
      else this.at += 1;
    }
    return out + this.text.slice(start, this.at);
  }

  startsExpansion(): boolean {
    return this.peek() === '$' && this.peek(1) === '{';
  }

  private isEscape(char: string, slashes: boolean): boolean {
    const next = this.peek(1);
    return (char === '$' && next === '$') || (slashes && char === '\\' && (next === '/' || next === '\\'));
  }
}
