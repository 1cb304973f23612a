// Draws charts from a JSON description: lines, and stacks with lines over them. Rows over time are in rows.js.
// Values are drawn as steps, because they hold over intervals; names are set as text, never as markup.
"use strict";

const Curtail = (() => {
  const NARROW = 560; // CSS pixels under which a chart is lower and says less

  const unpack = (series) => {
    if (Array.isArray(series)) return series;
    const values = [];
    for (let i = 0; i < series.runs.length; i += 2)
      for (let n = series.runs[i + 1]; n > 0; n--) values.push(series.runs[i]);
    return values;
  };

  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();

  const node = (tag, className, text) => {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  };

  const formatter = (decimals) => {
    const format = new Intl.NumberFormat("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
    return (value) => format.format(value);
  };

  // ---- time -----------------------------------------------------------------------------------------------------
  class Clock {
    constructor(zone) {
      this.zone = zone;
      try { new Intl.DateTimeFormat("en-GB", { timeZone: zone }); } catch { this.zone = "UTC"; }
      const of = (options) => new Intl.DateTimeFormat("en-GB", { timeZone: this.zone, ...options });
      this.hourFormat = of({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
      this.dayFormat = of({ weekday: "short", day: "numeric", month: "short" });
      this.dateFormat = of({ day: "numeric", month: "short" });
    }
    hour(seconds) { return this.hourFormat.format(seconds * 1000); }
    day(seconds) { return this.dayFormat.format(seconds * 1000).replace(",", ""); }
    date(seconds) { return this.dateFormat.format(seconds * 1000); }
    span(from, to) {
      if (to - from >= 20 * 3600) return this.day(from);
      return `${this.day(from)}, ${this.hour(from)}–${this.hour(to)}`;
    }
    axis(u, splits, axis, space, step) {
      const edge = u.bbox.width / (devicePixelRatio || 1) - 28; // a label there would be cut
      const day = (s) => (edge < NARROW ? this.date(s) : this.day(s));
      const name = (s) => (step >= 86400 ? this.date(s) : this.hour(s) === "00:00" ? day(s) : this.hour(s));
      return splits.map((s) => (u.valToPos(s, "x") > edge ? "" : name(s)));
    }
  }

  // ---- what charts of one timeline share ------------------------------------------------------------------------
  class Page {
    constructor(report, name) {
      this.report = report;
      this.name = name;
      this.clock = new Clock(report.zone);
      this.times = [report.start];
      for (const minutes of unpack(report.minutes)) this.times.push(this.times.at(-1) + minutes * 60);
      this.cache = new Map();
      this.plots = [];
      this.view = [this.times[0], this.times.at(-1)];
    }
    values(key) {
      if (!this.cache.has(key)) this.cache.set(key, unpack(this.report.series[key]));
      return this.cache.get(key);
    }
    steps(values) { return [...values, values.at(-1)]; } // the last value holds to the end of the last interval
    interval(seconds) {
      let low = 0, high = this.times.length - 2;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (this.times[middle] <= seconds) low = middle; else high = middle - 1;
      }
      return low;
    }
    show(from, to) {
      if (this.view[0] === from && this.view[1] === to) return;
      this.view = [from, to];
      for (const plot of this.plots) plot.setScale("x", { min: from, max: to });
    }
  }

  // ---- parts of a chart -----------------------------------------------------------------------------------------
  const options = (page, spec, holder, more) => ({
    width: Math.max(holder.clientWidth, 200),
    height: more.height,
    legend: { show: false },
    padding: [10, 10, 0, 0],
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), page.clock.zone),
    scales: { x: { time: true, range: (u, min, max) => [min, max] }, y: more.y },
    axes: [
      {
        stroke: css("muted"), font: "12px system-ui, sans-serif", space: holder.clientWidth < NARROW ? 48 : 76, size: 34,
        grid: { stroke: css("grid"), width: 1 }, ticks: { stroke: css("grid"), width: 1, size: 5 },
        values: (u, splits, axis, space, step) => page.clock.axis(u, splits, axis, space, step),
      },
      {
        stroke: css("muted"), font: "12px system-ui, sans-serif", size: holder.clientWidth < NARROW ? 48 : 54,
        grid: { stroke: css("grid"), width: 1 }, ticks: { show: false }, ...more.axis,
      },
    ],
    cursor: {
      y: false, points: { show: false }, drag: { x: true, y: false, setScale: true },
      sync: {
        key: page.name, setSeries: false, scales: ["x", null],
        filters: { pub: (type) => type === "mousemove" || type === "mouseleave" },
      },
    },
    series: [{}, ...more.series],
    hooks: {
      ...more.hooks,
      setScale: [(u, scale) => { if (scale === "x") page.show(u.scales.x.min, u.scales.x.max); }],
      ready: [(u) => { listen(page, u, holder, more.tell); }],
    },
  });

  const bands = (spec, under) => (u) => {
    const { ctx, bbox } = u, ratio = devicePixelRatio || 1;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    for (const band of spec.bands) {
      const left = u.valToPos(band.from, "x", true), right = u.valToPos(band.to, "x", true);
      ctx.fillStyle = css("event-fill");
      if (under === (spec.kind === "lines")) ctx.fillRect(left, bbox.top, right - left, bbox.height);
      if (!under) {
        ctx.strokeStyle = css("event");
        ctx.lineWidth = 1 * ratio;
        ctx.setLineDash([4 * ratio, 3 * ratio]);
        ctx.beginPath();
        for (const x of [left, right]) { ctx.moveTo(x, bbox.top); ctx.lineTo(x, bbox.top + bbox.height); }
        ctx.stroke();
        if (band.level !== null && spec.kind === "stack") {
          const y = u.valToPos(band.level, "y", true);
          ctx.setLineDash([]);
          ctx.lineWidth = 2.5 * ratio;
          ctx.beginPath();
          ctx.moveTo(left, y); ctx.lineTo(right, y);
          ctx.stroke();
        }
        ctx.fillStyle = css("event");
        ctx.font = `600 ${11 * ratio}px system-ui, sans-serif`;
        ctx.textBaseline = "top";
        ctx.textAlign = "left";
        const width = ctx.measureText(band.label).width;
        const x = Math.min(Math.max(left, bbox.left) + 4 * ratio, bbox.left + bbox.width - width - 2 * ratio);
        if (spec.kind !== "rows" && right > bbox.left && left < bbox.left + bbox.width) {
          ctx.strokeStyle = css("surface"); // a halo, so that lines behind do not cross the name out
          ctx.lineWidth = 4 * ratio;
          ctx.lineJoin = "round";
          ctx.setLineDash([]);
          ctx.strokeText(band.label, x, bbox.top + 7 * ratio);
          ctx.fillText(band.label, x, bbox.top + 7 * ratio);
        }
      }
    }
    ctx.restore();
  };

  // Where a line leaves the chart, a mark at the edge says so; the true value is in the reading.
  const clipMarks = (page, lines) => (u) => {
    const { ctx, bbox } = u, { min, max } = u.scales.y, ratio = devicePixelRatio || 1;
    ctx.save();
    ctx.fillStyle = css("event");
    for (const line of lines)
      page.values(line.key).forEach((value, i) => {
        if (value <= max && value >= min) return;
        const left = Math.max(u.valToPos(page.times[i], "x", true), bbox.left);
        const right = Math.min(u.valToPos(page.times[i + 1], "x", true), bbox.left + bbox.width);
        if (right > left) ctx.fillRect(left, value > max ? bbox.top : bbox.top + bbox.height - 4 * ratio, right - left, 4 * ratio);
      });
    ctx.restore();
  };

  // ---- reading values -------------------------------------------------------------------------------------------
  const listen = (page, u, holder, tell) => {
    const tip = node("div", "tip");
    tip.hidden = true;
    holder.append(tip);
    const hide = () => { tip.hidden = true; };
    const show = () => {
      const { left, top } = u.cursor;
      if (left < 0 || left > u.over.clientWidth) return hide();
      const i = page.interval(u.posToVal(left, "x"));
      tip.replaceChildren(node("div", "when", page.clock.span(page.times[i], page.times[i + 1])), ...tell(i, top));
      tip.hidden = false;
      const x = u.over.offsetLeft + left, room = holder.clientWidth - tip.offsetWidth;
      tip.style.left = Math.max(0, Math.min(x > holder.clientWidth / 2 ? x - tip.offsetWidth - 14 : x + 14, room)) + "px";
      tip.style.top = Math.max(0, Math.min(top - 20, holder.clientHeight - tip.offsetHeight)) + "px";
    };
    u.over.addEventListener("mousemove", show);
    u.over.addEventListener("mouseleave", hide);
    const touch = (event) => {
      const box = u.over.getBoundingClientRect(), at = event.touches[0];
      u.setCursor({ left: at.clientX - box.left, top: at.clientY - box.top });
      show();
    };
    u.over.addEventListener("touchstart", touch, { passive: true });
    u.over.addEventListener("touchmove", touch, { passive: true });
    u.over.addEventListener("touchend", hide);
  };

  const reading = (label, value, color, hatch) => {
    const row = node("div", "reading");
    row.append(swatch(color, hatch), node("span", "label", label), node("span", "value", value));
    return row;
  };

  const swatch = (color, hatch) => {
    const made = node("span", "swatch" + (hatch === "/" ? " hatch" : hatch === "x" ? " cross" : hatch === "." ? " dots" : hatch === "-" ? " bars" : ""));
    made.style.setProperty("--fill", color ? `var(--${color})` : "transparent");
    return made;
  };

  const events = (page, spec, i) =>
    spec.bands.filter((band) => band.from < page.times[i + 1] && band.to > page.times[i])
      .map((band) => node("div", "event", `${band.label}: ${band.detail}`));

  // ---- lines and stacks -----------------------------------------------------------------------------------------
  // As many decimals as the distance of the ticks needs: 2.5 and 5 are no 3 and 5.
  const decimals = (splits) => [0, 1, 2].find((n) => Number.isInteger(Math.round((splits[1] - splits[0]) * 1e6) / 1e6 * 10 ** n)) ?? 2;

  const step = (align) => uPlot.paths.stepped({ align });

  const lines = (page, spec, holder, frame) => {
    const drawn = spec.series.filter((line) => !line.hover);
    const data = [page.times], series = [];
    const layers = (spec.stack || []).map((line) => ({ line, values: page.values(line.key) }));
    const sums = [];
    layers.forEach(({ values }, k) => sums.push(values.map((value, i) => value + (k ? sums[k - 1][i] : 0))));
    for (let k = layers.length - 1; k >= 0; k--) { // the highest first: each lower one is painted over it
      data.push(page.steps(sums[k]));
      series.push({ fill: css(layers[k].line.color), stroke: css("surface"), width: page.times.length > 300 ? 0.5 : 1, paths: step(1), points: { show: false } });
    }
    for (const line of drawn) {
      data.push(page.steps(page.values(line.key)));
      series.push({
        stroke: css(line.color), width: line.width, dash: line.dash.length ? line.dash : undefined,
        paths: step(1), points: { show: false },
      });
    }
    const format = formatter(spec.decimals);
    const tell = (i) => {
      const rows = events(page, spec, i);
      for (const line of spec.series) {
        const value = page.values(line.key)[i];
        if (value === null) continue; // nothing is known of that time
        if (!line.hover || value || spec.kind === "stack") rows.push(reading(line.label, format(value), line.color));
      }
      if (layers.length) rows.push(reading("Site load", format(sums.at(-1)[i]), ""));
      for (const { line, values } of [...layers].reverse())
        if (values[i]) rows.push(reading(line.label, format(values[i]), line.color));
      return rows;
    };
    const made = new uPlot(options(page, spec, holder, {
      height: document.documentElement.classList.contains("print") ? 210 : holder.clientWidth < NARROW ? 260 : 320,
      y: { range: () => (frame.full ? spec.full : spec.range) },
      axis: { values: (u, splits) => splits.map((s) => formatter(decimals(splits))(s)) },
      series, tell,
      hooks: { drawClear: [bands(spec, true)], draw: [bands(spec, false), clipMarks(page, drawn)] },
    }), data, holder);
    return made;
  };

  const legend = (spec) => {
    const list = node("div", "legend");
    const entries = spec.kind === "rows" ? spec.parts : [...spec.series.filter((s) => !s.hover), ...[...(spec.stack || [])].reverse()];
    for (const entry of entries) {
      const item = node("span", "entry");
      const mark = swatch(entry.color, entry.hatch);
      if (entry.width && !(spec.stack || []).includes(entry)) mark.classList.add(entry.dash.length ? "dashed" : "line");
      item.append(mark, node("span", "", entry.meaning ? `${entry.label}: ${entry.meaning}` : entry.label));
      list.append(item);
    }
    if (spec.bands.length && spec.kind !== "rows") {
      const item = node("span", "entry"), level = spec.bands.some((band) => band.level !== null);
      const banded = spec.banded || (level ? "Curtailment event and its limit" : "Curtailment event");
      item.append(swatch("event-fill"), node("span", "", banded));
      item.firstChild.classList.add("framed");
      list.append(item);
    }
    return list;
  };

  // A chart that was clipped gets a button to see all of it.
  const rangeButton = (spec, frame) => {
    const far = spec.peak - spec.range[1] >= spec.range[0] - spec.trough ? spec.peak : spec.trough;
    const label = () => frame.full ? "Show the range that matters" : `Show the full range (to ${formatter(0)(far)} ${spec.unit})`;
    const button = node("button", "range", label());
    button.type = "button";
    button.addEventListener("click", () => {
      frame.full = !frame.full;
      button.textContent = label();
      const [min, max] = frame.full ? spec.full : spec.range;
      frame.plot.setScale("y", { min, max });
    });
    return button;
  };

  const kinds = { lines, stack: lines };

  // A page is one timeline or several, each with charts that are zoomed together.
  const pages = [];

  const start = (report) => {
    if (Array.isArray(report)) return report.forEach(start);
    const page = new Page(report, `time${pages.length}`), frames = [];
    for (const spec of report.charts) {
      const figure = document.querySelector(`[data-chart="${spec.id}"]`), holder = node("div", "plot");
      const frame = { spec, holder, full: false, plot: null };
      figure.append(legend(spec), holder);
      if (spec.full) figure.insertBefore(rangeButton(spec, frame), holder);
      frames.push(frame);
    }
    const draw = () => {
      const view = page.view;
      page.plots.forEach((plot) => plot.destroy());
      page.plots = [];
      for (const frame of frames) {
        frame.holder.replaceChildren();
        frame.plot = kinds[frame.spec.kind](page, frame.spec, frame.holder, frame);
        page.plots.push(frame.plot);
      }
      page.view = [NaN, NaN];
      page.show(...view);
    };
    draw();
    const widths = () => frames.map((frame) => frame.holder.clientWidth).join();
    let drawnAt = widths();
    const fit = () => { if (widths() !== drawnAt) { drawnAt = widths(); draw(); } };
    addEventListener("resize", fit);
    document.addEventListener("toggle", fit, true); // what was folded away has had no width
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
    for (const moment of ["beforeprint", "afterprint"])
      addEventListener(moment, () => {
        document.documentElement.classList.toggle("print", moment === "beforeprint");
        draw();
        drawnAt = widths();
      });
    pages.push(page);
    Curtail.page ??= page;
  };

  return { start, pages, kinds, options, node, css, reading, events, bands, formatter };
})();
