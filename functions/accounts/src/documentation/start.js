"use strict";

SwaggerUIBundle({
  domNode: document.getElementById("swagger-ui"),
  url: "/api/v1/openapi.json",
  deepLinking: true,
  persistAuthorization: false,
  // Else the page would show a badge from a public host and tell that host of the document.
  validatorUrl: null,
});
