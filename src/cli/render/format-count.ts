/** A whole number with commas at the thousands, the same in every locale: `135,233`. Negative and broken numbers read as 0. */
export function formatCount(count: number): string {
  const whole = Number.isFinite(count) && count > 0 ? Math.round(count) : 0;
  return String(whole).replace(/\B(?=(?:\d{3})+$)/g, ',');
}
