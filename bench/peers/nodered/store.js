// The body of the flow's one function: parse each line, keep it, insert what has gathered in one
// transaction with many rows a statement, and tell of high value. As fast as we know to write it.
const rows = context.get("rows");
for (const line of msg.payload.toString().split("\n")) {
    if (!line.startsWith("{\"kind\"")) continue;
    const event = JSON.parse(line);
    rows.push(event.edge, event.spool, event.seq, event.at, event.kind, event.waybill, event.result, line);
    if (event.waybill && event.waybill.startsWith("103")) node.send({ topic: "alerts", payload: event.waybill });
}
if (!context.get("busy")) flush();

function flush() {
    if (rows.length === 0) { context.set("busy", false); return; }
    context.set("busy", true);
    const db = context.get("db"), taken = rows.splice(0, 8 * 500);
    const places = Array(taken.length / 8).fill("(?,?,?,?,?,?,?,?)").join(",");
    db.serialize(() => {
        db.run("BEGIN");
        db.run("INSERT INTO event (edge, spool, seq, at, kind, waybill, result, line) VALUES " + places, taken,
            (error) => { if (error) node.error(error); });
        db.run("COMMIT", flush);
    });
}
