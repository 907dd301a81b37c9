import { DAY_MS, type EpochMs, MINUTE_MS } from '@candlelake/core';

/** `12:03`, the UTC time of day. */
export function formatTimeOfDay(time: EpochMs): string {
  return new Date(time).toISOString().slice(11, 16);
}

/** `2026-11-22 12:03:07`, UTC. */
export function formatSecond(time: EpochMs): string {
  return new Date(time).toISOString().slice(0, 19).replace('T', ' ');
}

/** `23:48–24:00`, the span of a bar. The end of a session is 24:00, not 00:00 of the next day. */
export function formatSpan(openTime: EpochMs, closeTime: EpochMs): string {
  const end = closeTime % DAY_MS === 0 ? '24:00' : formatTimeOfDay(closeTime);
  return `${formatTimeOfDay(openTime)}–${end}`;
}

/** `7 min`, of a whole number of minutes. */
export function formatMinutes(lengthMs: number): string {
  return `${lengthMs / MINUTE_MS} min`;
}
