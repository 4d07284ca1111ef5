"use strict";
/* Draws each figure.chart from the table inside it, so that what is drawn and what is written are the same figures. */
const charts = (() => {
  const drawn = new Map();
  const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const contrast = matchMedia("(prefers-contrast: more)");

  function short(value) {
    const size = Math.abs(value);
    for (const [limit, unit] of [[1e9, "bn"], [1e6, "m"], [1e3, "k"]]) {
      if (size >= limit) return (value / limit).toLocaleString("en", { maximumFractionDigits: size >= 10 * limit ? 0 : 1 }) + " " + unit;
    }
    return value.toLocaleString("en", { maximumFractionDigits: 1 });
  }

  /* {columns: [{name, kind}], rows: [[{text, value, href}]]} */
  function read(table) {
    const columns = [...table.tHead.rows[0].cells].map((th) => ({ name: th.textContent, kind: th.dataset.kind }));
    const rows = [...table.tBodies[0].rows].map((tr) => [...tr.cells].map((cell) => ({
      text: cell.textContent.trim(), value: cell.dataset.value, href: cell.querySelector("a")?.getAttribute("href"),
    })));
    return { columns, rows };
  }

  function option(figure) {
    const { columns, rows } = read(figure.querySelector("table"));
    const kind = figure.dataset.kind;
    const unit = figure.dataset.unit;
    const across = "across" in figure.dataset;
    const named = figure.dataset.series ? figure.dataset.series.split("|") : columns.slice(1).map((each) => each.name);
    const lines = figure.dataset.lines ? figure.dataset.lines.split("|") : [];
    const ramp = "ramp" in figure.dataset;
    const ink = style("--ink"), quiet = style("--quiet"), grid = style("--grid"), paper = style("--paper");
    const chosen = figure.dataset.colours ? figure.dataset.colours.split("|") : [];
    const variable = { main: "--series-1", soft: "--soft", alarm: "--alarm" };
    const colour = (at) => style(ramp ? `--age-${Math.min(at, 4)}` : variable[chosen[at]] ?? `--series-${at % 6 + 1}`);
    const isDay = ["day", "month"].includes(columns[0].kind);
    const years = new Set(rows.map((row) => row[0].text.slice(-4)));
    /* A note beside a name is not part of it; a year that is the same in all days or months need not be said. */
    const label = (row) => !isDay ? row[0].value : years.size === 1 ? row[0].text.slice(0, -5) : row[0].text;
    const room = figure.querySelector(".canvas").clientWidth;
    const steps = "steps" in figure.dataset;
    const few = rows.length <= 8;
    const whole = rows.every((row) => row.slice(1).every((cell) => !(cell.value ?? "").includes(".")));
    const text = { color: quiet, fontFamily: "system-ui, sans-serif", fontSize: 12 };
    const category = steps ? {
      type: "time", axisLabel: { ...text, hideOverlap: true }, axisLine: { lineStyle: { color: style("--line") } }, splitLine: { show: false },
    } : {
      type: "category", data: rows.map(label), axisTick: { show: false },
      axisLine: { lineStyle: { color: style("--line") } }, inverse: across,
      axisLabel: { ...text, hideOverlap: true, ...(across
        ? { interval: 0, width: Math.min(190, room * 0.38), overflow: "truncate" }
        : few ? { interval: 0, width: Math.max(30, (room - 60) / rows.length - 6), overflow: "break", hideOverlap: false } : {}) },
    };
    const value = (right) => ({
      type: "value", position: right && !across ? "right" : undefined, splitNumber: 4, minInterval: whole ? 1 : undefined, axisLabel: { ...text, formatter: short },
      splitLine: { show: !right, lineStyle: { color: grid } },
    });
    const all = [...named, ...lines];
    const series = all.map((name, at) => {
      const column = columns.findIndex((each) => each.name === name);
      const drawsLine = kind === "line" || lines.includes(name);
      return {
        name, type: drawsLine ? "line" : "bar", stack: kind === "stacked" && !drawsLine ? "all" : undefined,
        [across ? "xAxisIndex" : "yAxisIndex"]: lines.includes(name) ? 1 : 0,
        data: rows.map((row, index) => {
          const said = row[column].value;
          const shown = said === "" ? null : Number(said);
          const each = { value: steps ? [row[0].value, shown] : shown };
          if (ramp && kind === "bars") each.itemStyle = { color: colour(index) };
          return each;
        }),
        itemStyle: { color: colour(at), borderColor: kind === "stacked" ? paper : undefined, borderWidth: kind === "stacked" ? 1 : 0 },
        lineStyle: { width: 2.5, color: colour(at), type: at % 2 && kind === "line" ? [6, 4] : "solid" },
        step: steps ? "end" : undefined, symbol: "circle", symbolSize: 7, showSymbol: !steps && rows.length < 40, connectNulls: true, barMaxWidth: 46, emphasis: { focus: "none" },
        label: kind === "bars" && all.length === 1 && rows.length <= 14
          ? { show: true, position: across ? "right" : "top", color: ink, fontSize: 12, formatter: (point) => point.value === null ? "" : short(point.value) } : undefined,
      };
    });
    const values = [value(false), ...(lines.length ? [value(true)] : [])];
    return {
      animation: !calm.matches, animationDuration: 250,
      aria: { enabled: false, decal: { show: contrast.matches } },
      textStyle: { fontFamily: text.fontFamily },
      grid: { left: 8, right: across ? 60 : 12, top: all.length > 1 ? 34 : 22, bottom: 6, containLabel: true },
      legend: all.length > 1 ? { top: 0, left: 0, itemWidth: 12, itemHeight: 10, itemGap: 8, textStyle: { ...text, color: ink }, type: "scroll" } : undefined,
      tooltip: {
        trigger: "axis", renderMode: "richText", confine: true, backgroundColor: paper, borderColor: style("--line"),
        textStyle: { color: ink, fontSize: 12 }, axisPointer: { type: kind === "line" ? "line" : "shadow" },
        formatter: (points) => {
          const row = rows[points[0].dataIndex];
          const said = points.map((point) => `${point.seriesName}  ${row[columns.findIndex((each) => each.name === point.seriesName)].text || "no answer"}`);
          return [row[0].text, ...said].join("\n") + (unit ? `\n${unit}` : "");
        },
      },
      xAxis: across ? values : category, yAxis: across ? category : values, series,
    };
  }

  function draw(figure) {
    const canvas = figure.querySelector(".canvas");
    const chart = echarts.init(canvas, null, { renderer: "canvas" });
    chart.setOption(option(figure));
    chart.on("click", (point) => {
      const { rows } = read(figure.querySelector("table"));
      const href = rows[point.dataIndex]?.find((cell) => cell.href)?.href;
      if (href) location.assign(href);
    });
    drawn.set(figure, chart);
  }

  function clear() {
    for (const chart of drawn.values()) chart.dispose();
    drawn.clear();
  }

  function all() {
    clear();
    document.querySelectorAll("figure.chart").forEach(draw);
  }

  addEventListener("resize", () => drawn.forEach((chart) => chart.resize()));
  return { all, clear, count: () => drawn.size };
})();
