import { secureHeaders } from 'hono/secure-headers';

/**
 * Headers of every answer: browsers run, frame and guess nothing, and pages of other origins read nothing. A
 * route that sets its own policy keeps it. There is no HSTS, because this server speaks plain HTTP.
 */
export const strictHeaders = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
  xFrameOptions: 'DENY',
  strictTransportSecurity: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
  overwrite: false,
});
