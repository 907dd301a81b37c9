/** A rational number. */
export interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** The exact sum of decimal texts. */
export function exactSum(texts: readonly string[]): Fraction {
  const denominator = 10n ** 80n;
  const units = texts.map((text) => {
    const [whole = '', fraction = ''] = text.split('.');
    return BigInt(whole + fraction.padEnd(80, '0'));
  });
  return { numerator: units.reduce((sum, unit) => sum + unit, 0n), denominator };
}

/** Whether no double is nearer to a non-negative fraction; of two that are equally near the even one counts. */
export function isNearestDouble(value: number, exact: Fraction): boolean {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  const pattern = bits.getBigUint64(0);
  const neighbour = (step: bigint) => {
    bits.setBigUint64(0, pattern + step);
    return distance(bits.getFloat64(0), exact);
  };
  const own = distance(value, exact);
  const above = neighbour(1n);
  const below = pattern === 0n ? above : neighbour(-1n);
  const isEven = pattern % 2n === 0n;
  return isEven ? own <= above && own <= below : own < above && own < below;
}

/** Distance in units of 2^-1074 / denominator, exact. */
function distance(value: number, exact: Fraction): bigint {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  const pattern = bits.getBigUint64(0);
  const exponent = pattern >> 52n;
  const mantissa = (pattern & (2n ** 52n - 1n)) + (exponent === 0n ? 0n : 2n ** 52n);
  const units = mantissa << (exponent === 0n ? 0n : exponent - 1n);
  const difference = units * exact.denominator - (exact.numerator << 1074n);
  return difference < 0n ? -difference : difference;
}
