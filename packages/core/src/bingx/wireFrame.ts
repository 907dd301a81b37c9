// Frames of the swap market's socket. https://bingx-api.github.io/docs-v3 "Swap WebSocket"; samples from a recording of 2025-10-24.

/** Any JSON frame. */
export interface WireFrame {
  /** Of a spot heartbeat, to be echoed: "5963ba3db76049b2870f9a686b2ebaac". */
  readonly ping?: unknown;
  /** Of a spot heartbeat, ISO time with zone, to be echoed: "2023-10-02T18:51:55.089+0800". */
  readonly time?: unknown;
  /** Only in answers: the id of the request. */
  readonly id?: unknown;
  /** 0, or why a request was refused: 80015. */
  readonly code?: unknown;
  /** "" or "SUCCESS", or the reason in words. */
  readonly msg?: unknown;
  /** The topic of a push: "BTC-USDT@kline_1m"; "" or absent in answers. */
  readonly dataType?: unknown;
  /** "BTC-USDT". */
  readonly s?: unknown;
  /** An array of updates in every recording, an object (or an object with K) in older pages; null in answers. */
  readonly data?: unknown;
}

/** One candle update. All but T are decimal text. */
export interface WireUpdate {
  /** Open time, epoch ms: 1761327420000. The documentation's samples show an inclusive close time. */
  readonly T?: unknown;
  /** Open price in the quote currency: "110298.6". */
  readonly o?: unknown;
  /** Highest price so far: "110298.6". */
  readonly h?: unknown;
  /** Lowest price so far: "110265.1". */
  readonly l?: unknown;
  /** Last price: "110267.6". */
  readonly c?: unknown;
  /** Base coin so far: "2.0741". */
  readonly v?: unknown;
}
