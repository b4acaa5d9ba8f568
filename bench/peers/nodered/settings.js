// Node-RED for the comparison: no editor's login, no telemetry, only the loopback.
module.exports = {
    uiHost: "127.0.0.1",
    uiPort: Number(process.env.PORT),
    flowFile: process.env.FLOW,
    functionExternalModules: true,
    functionTimeout: 0,
    diagnostics: { enabled: false, ui: false },
    telemetry: { enabled: false },
    logging: { console: { level: "warn", metrics: false, audit: false } },
};
