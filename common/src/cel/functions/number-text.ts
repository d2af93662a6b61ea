/** A double as Go's `%g` writes it in its shortest form: with an exponent from 1e+06 up and below 1e-04. */
export function doubleText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (Object.is(value, -0)) return '-0';
  const { mantissa, exponent } = splitExponent(value.toExponential());
  return exponent >= -4 && exponent < 6 ? String(value) : exponentForm(mantissa, exponent);
}

/** Reads `1.5e-7`. */
export function splitExponent(text: string): { mantissa: string; exponent: number } {
  const [mantissa = '', exponent = '0'] = text.split('e');
  return { mantissa, exponent: Number(exponent) };
}

/** `1.5e+06`: Go writes two digits of the exponent at least. */
export function exponentForm(mantissa: string, exponent: number): string {
  const digits = String(Math.abs(exponent)).padStart(2, '0');
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${digits}`;
}
