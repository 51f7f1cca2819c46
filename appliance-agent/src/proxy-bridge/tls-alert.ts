/** Alerts that the bridge sends before it closes (RFC 8446 §6, RFC 6066 §3). */
export const TLS_ALERTS = { accessDenied: 49, internalError: 80, unrecognizedName: 112 } as const;

/** Name of an alert. */
export type TlsAlert = keyof typeof TLS_ALERTS;

/** A fatal alert in a plaintext record: type 21, version 3.3, two bytes: fatal (2) and the description. */
export function encodeFatalAlert(alert: TlsAlert): Uint8Array {
  return Uint8Array.of(21, 3, 3, 0, 2, 2, TLS_ALERTS[alert]);
}
