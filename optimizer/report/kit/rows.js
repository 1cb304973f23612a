// Rows over time: each row splits a whole (a group's machines) into parts, drawn to scale and coloured by part.
"use strict";

Curtail.kinds.rows = (page, spec, holder) => {
  const { css, reading, node, events, formatter } = Curtail;
  const printed = document.documentElement.classList.contains("print");
  const ROW = printed ? 32 : 42, LABEL = printed ? 15 : 18, height = spec.rows.length * ROW + 46;
  const whole = formatter(0), some = formatter(1);
  const count = (value) => (Number.isInteger(value) ? whole : some)(value);

  const paint = (part, ratio) => {
    const color = css(spec.parts[part].color), { hatch } = spec.parts[part];
    if (!hatch) return color;
    const size = 8 * ratio, tile = document.createElement("canvas");
    tile.width = tile.height = size;
    const ctx = tile.getContext("2d");
    ctx.fillStyle = color;
    ctx.fillRect(0, 0, size, size);
    ctx.strokeStyle = css("surface");
    ctx.lineWidth = 1.5 * ratio;
    ctx.beginPath();
    for (const shift of [-size, 0, size]) {
      if (hatch === ".") { ctx.moveTo(size / 2 + ratio, size / 2); ctx.arc(size / 2, size / 2, ratio, 0, 7); continue; }
      if (hatch === "-") { ctx.moveTo(0, size / 2); ctx.lineTo(size, size / 2); continue; }
      ctx.moveTo(shift, size); ctx.lineTo(shift + size, 0);
      if (hatch === "x") { ctx.moveTo(shift, 0); ctx.lineTo(shift + size, size); }
    }
    ctx.stroke();
    return ctx.createPattern(tile, "repeat");
  };

  const clipped = (ctx, text, width) => {
    let kept = text;
    while (kept.length > 1 && ctx.measureText(kept + "…").width > width) kept = kept.slice(0, -1);
    return kept === text || ctx.measureText(text).width <= width ? text : kept + "…";
  };

  const draw = (u) => {
    const { ctx, bbox } = u, ratio = devicePixelRatio || 1;
    const paints = spec.parts.map((_, part) => paint(part, ratio));
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    const edges = page.times.map((time) => Math.round(u.valToPos(time, "x", true)));
    spec.rows.forEach((row, r) => {
      const top = bbox.top + r * ROW * ratio, bar = (ROW - LABEL - 4) * ratio, base = top + (ROW - 4) * ratio;
      ctx.fillStyle = css("text");
      ctx.font = `${12 * ratio}px system-ui, sans-serif`;
      ctx.textBaseline = "middle";
      ctx.textAlign = "left";
      ctx.fillText(clipped(ctx, row.label, bbox.width), bbox.left, top + (LABEL * ratio) / 2);
      const keys = Object.entries(row.parts).map(([part, key]) => [part, page.values(key)]);
      for (let i = 0; i + 1 < edges.length; i++) {
        if (edges[i + 1] <= bbox.left || edges[i] >= bbox.left + bbox.width) continue;
        let below = 0;
        for (const [part, values] of keys) {
          if (!values[i]) continue;
          const from = Math.round((below / row.total) * bar), to = Math.round(((below + values[i]) / row.total) * bar);
          ctx.fillStyle = paints[part];
          ctx.fillRect(edges[i], base - to, edges[i + 1] - edges[i], Math.max(to - from, 1));
          below += values[i];
        }
      }
    });
    ctx.restore();
  };

  const tell = (i, y) => {
    const row = spec.rows[Math.min(Math.max(Math.floor(y / ROW), 0), spec.rows.length - 1)];
    const rows = [node("div", "name", row.label), ...events(page, spec, i)];
    for (const [part, key] of Object.entries(row.parts)) {
      const value = page.values(key)[i], { label, meaning, color, hatch } = spec.parts[part];
      if (!value) continue;
      rows.push(reading(meaning ? `${label}: ${meaning}` : label, `${count(value)} of ${whole(row.total)}`, color, hatch));
    }
    return rows;
  };

  return new uPlot(Curtail.options(page, spec, holder, {
    height,
    y: { range: () => [0, 1] },
    axis: { values: (u, splits) => splits.map(() => ""), grid: { show: false } },
    series: [{ show: false }],
    tell,
    hooks: { draw: [draw, Curtail.bands(spec, false)] },
  }), [page.times, page.times.map(() => null)], holder);
};

addEventListener("DOMContentLoaded", () => {
  Curtail.start(JSON.parse(document.getElementById("report").textContent));
});
