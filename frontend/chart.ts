// Charts from tables: <figure data-chart="line|bar"> holds a table; its first column is the axis, each further column
// a series, td[data-value] the number. The table stays for those who would rather read, behind a <details>.
import { BarChart, LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

echarts.use([AriaComponent, BarChart, CanvasRenderer, GridComponent, LegendComponent, LineChart, MarkLineComponent, TooltipComponent]);

type Series = { name: string; values: (number | null)[] };

function read(table: HTMLTableElement): { axis: string[]; series: Series[] } {
  const rows = [...(table.tBodies[0]?.rows ?? [])];
  const names = [...(table.tHead?.rows[0]?.cells ?? [])].slice(1);
  const axis = rows.map((row) => row.cells[0]?.textContent?.trim() ?? "");
  const number = (cell: HTMLTableCellElement | undefined) =>
    cell?.dataset.value ? Number(cell.dataset.value) : null;
  const charted = names.map((cell, index) => ({ cell, index: index + 1 })).filter(({ cell }) => cell.dataset.chart !== "no");
  return {
    axis,
    series: charted.map(({ cell, index }) => ({
      name: cell.textContent?.trim() ?? "",
      values: rows.map((row) => number(row.cells[index])),
    })),
  };
}

function colour(name: string): string {
  return getComputedStyle(document.body).getPropertyValue(name).trim();
}

function draw(figure: HTMLElement): void {
  const table = figure.querySelector("table");
  const canvas = figure.querySelector<HTMLElement>("[data-chart-canvas]");
  if (!table || !canvas) return;
  const { axis, series } = read(table);
  const type = figure.dataset.chart === "bar" ? "bar" : "line";
  const target = figure.dataset.target ? Number(figure.dataset.target) : undefined;
  const text = colour("--tblr-secondary");
  const line = colour("--tblr-border-color");
  const palette = [colour("--tblr-primary"), colour("--tblr-orange"), colour("--tblr-purple")];
  echarts.dispose(canvas);
  const chart = echarts.init(canvas, undefined, { renderer: "canvas" });
  chart.setOption({
    animation: false,
    aria: { enabled: true },
    color: palette,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    grid: { left: 8, right: 24, top: series.length > 1 ? 36 : 16, bottom: 8, containLabel: true },
    legend: series.length > 1 ? { top: 0, textStyle: { color: text } } : undefined,
    // Rich text, because the policy of this site forbids the inline styles of an HTML tooltip.
    tooltip: { trigger: "axis", renderMode: "richText" },
    xAxis: { type: "category", data: axis, axisLabel: { color: text }, axisLine: { lineStyle: { color: line } }, axisTick: { show: false } },
    // From near the lowest value: a line shows change, and its table the full numbers.
    yAxis: { type: "value", scale: true, axisLabel: { color: text }, splitLine: { lineStyle: { color: line } } },
    series: series.map((one, index) => ({
      type,
      name: one.name,
      data: one.values,
      connectNulls: false,
      symbol: "circle",
      symbolSize: 4,
      lineStyle: { width: 2 },
      barMaxWidth: 28,
      markLine: index === 0 && target !== undefined
        ? { silent: true, symbol: "none", data: [{ yAxis: target }], lineStyle: { color: colour("--tblr-green"), type: "dashed" }, label: { color: text, position: "insideEndTop" } }
        : undefined,
    })),
  });
  new ResizeObserver(() => chart.resize()).observe(canvas);
}

function drawAll(): void {
  document.querySelectorAll<HTMLElement>("figure[data-chart]").forEach(draw);
}

drawAll();
document.addEventListener("postroad:theme", drawAll);
document.body.addEventListener("htmx:afterSettle", drawAll);
