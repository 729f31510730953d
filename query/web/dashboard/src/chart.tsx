// A chart of points over time. What it shows is also told as text, and as a table.
import {useEffect, useRef, useState} from 'preact/hooks';
import uPlot from 'uplot';

import {formatCompact, formatDate, formatDateTime, formatNumber, formatTick, NOTHING} from './format';
import type {Points, Range} from './points';

export type Shape = 'bars' | 'steps' | 'lines';

const COLORS = ['--line-1', '--line-2', '--line-3'];
// More would be thinner than what is between them.
const maxBars = (): number => (window.innerWidth < 700 ? 120 : 400);
const MAX_ROWS = 300;

interface Props {
  points: Points;
  names: string[];
  shape: Shape;
  title: string;
  // Values that a limit line is drawn at.
  limits?: number[];
  onZoom?(range: Range): void;
}

// Of a calendar's bucket the day with which it begins where it does.
function timeOf({period}: Points, second: number): string {
  return period.zone ? formatDate(second * 1000, period.zone) : formatDateTime(second * 1000);
}

function color(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function seriesOf(props: Props): uPlot.Series[] {
  const {bars, stepped, linear} = uPlot.paths;
  const sparse = props.points.times.length < 60;
  return props.names.map((label, i) => {
    const stroke = color(COLORS[i % COLORS.length] ?? '');
    const base: uPlot.Series = {
      label,
      stroke,
      width: 1.75,
      points: {show: sparse && props.shape !== 'bars', size: 5, fill: stroke},
    };
    if (props.shape === 'bars' && props.points.times.length <= maxBars()) {
      return {
        ...base,
        width: 0,
        fill: stroke,
        paths: bars!({size: [0.78, 48], align: 1, radius: 0.15}),
        points: {show: false},
      };
    }
    if (props.shape === 'steps') return {...base, paths: stepped!({align: 1})};
    return {...base, paths: linear!(), fill: props.names.length === 1 ? color('--area') : undefined!, spanGaps: true};
  });
}

function axes(): uPlot.Axis[] {
  const font = '12px system-ui, sans-serif';
  const common = {stroke: color('--muted'), font, grid: {stroke: color('--grid'), width: 1}, ticks: {show: false}};
  return [
    {
      ...common,
      gap: 8,
      size: 32,
      grid: {show: false},
      space: 72,
      values: (_: uPlot, splits: number[], __: number, ___: number, step: number) =>
        splits.map((second) => formatTick(second * 1000, step * 1000)),
    },
    {...common, gap: 8, size: 56, values: (_: uPlot, splits: number[]) => splits.map(formatCompact)},
  ];
}

function valueRange(props: Props): uPlot.Range.Function {
  return (_, min, max) => {
    const lowest = Math.min(min ?? 0, ...(props.limits ?? []));
    const highest = Math.max(max ?? 1, ...(props.limits ?? []));
    // From zero, or small differences look large; but of what never comes near it, the differences are the point.
    const fromZero = props.shape !== 'steps' || (lowest >= 0 && lowest < highest / 2);
    const bottom = fromZero ? Math.min(0, lowest) : lowest;
    const room = (highest - bottom) * 0.08 || Math.abs(highest) * 0.1 || 1;
    return [fromZero ? bottom - (bottom < 0 ? room : 0) : bottom - room, highest + room];
  };
}

function drawLimits(u: uPlot, limits: number[]): void {
  const {ctx, bbox} = u;
  ctx.save();
  ctx.strokeStyle = color('--bad');
  ctx.setLineDash([6, 4]);
  for (const limit of limits) {
    const y = u.valToPos(limit, 'y', true);
    if (y < bbox.top || y > bbox.top + bbox.height) continue;
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
  }
  ctx.restore();
}

export function summary({points, names, title}: Pick<Props, 'points' | 'names' | 'title'>): string {
  const {times, lines} = points;
  if (times.length === 0) return `${title}: no points.`;
  const first = timeOf(points, times[0] ?? 0);
  const last = timeOf(points, times[times.length - 1] ?? 0);
  const each = names.map((name, i) => {
    const values = (lines[i] ?? []).filter((value): value is number => value !== null);
    if (values.length === 0) return `${name}: none`;
    const [low, high] = values.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity]);
    const [lowest, highest, last] = [low, high, values[values.length - 1]].map(formatNumber);
    return `${name}: lowest ${lowest}, highest ${highest}, last ${last}`;
  });
  return `${title}: ${formatNumber(times.length)} points from ${first} to ${last}. ${each.join('; ')}.`;
}

export function Chart(props: Props) {
  const root = useRef<HTMLDivElement>(null);
  const readout = useRef<HTMLParagraphElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const bars = props.shape === 'bars' && props.points.times.length <= maxBars();
  const sparse = props.points.times.length < 60;

  // What the plot is made of; points alone that change are only handed on to it.
  useEffect(() => {
    const element = root.current!;
    const make = (): void => {
      plot.current?.destroy();
      plot.current = new uPlot(
        options(element, readout.current!, () => latest.current),
        dataOf(latest.current),
        element,
      );
    };
    make();
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', make);
    const resized = new ResizeObserver(() => plot.current?.setSize(sizeOf(element)));
    resized.observe(element);
    return () => {
      dark.removeEventListener('change', make);
      resized.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [props.shape, bars, sparse, props.names.join('\n'), (props.limits ?? []).join()]);

  useEffect(() => plot.current?.setData(dataOf(props)), [props.points]);

  return (
    <figure class="chart">
      <p class="legend" ref={readout} aria-hidden="true" />
      <div ref={root} class="plot" role="img" aria-label={summary(props)} />
      <PointsTable {...props} />
    </figure>
  );
}

function sizeOf(element: HTMLElement): {width: number; height: number} {
  return {width: Math.max(200, element.clientWidth), height: element.clientWidth < 500 ? 220 : 320};
}

function dataOf({points}: Props): uPlot.AlignedData {
  return [points.times, ...points.lines] as uPlot.AlignedData;
}

function options(element: HTMLElement, readout: HTMLElement, latest: () => Props): uPlot.Options {
  return {
    ...sizeOf(element),
    padding: [12, 22, 0, 0],
    legend: {show: false},
    cursor: {drag: {x: true, y: false, setScale: false}, y: false, points: {size: 7}},
    scales: {
      x: {range: () => [latest().points.range.fromMs / 1000, latest().points.range.toMs / 1000]},
      y: {range: valueRange(latest())},
    },
    series: [{}, ...seriesOf(latest())],
    axes: axes(),
    hooks: {
      draw: [
        (u) => {
          drawLimits(u, latest().limits ?? []);
          const [first, last] = u.series[1]?.idxs ?? [0, -1];
          element.dataset.drawn = String(u.data[0].length === 0 ? 0 : (last ?? 0) - (first ?? 0) + 1);
        },
      ],
      setCursor: [(u) => showReadout(u, readout, latest())],
      setData: [(u) => showReadout(u, readout, latest())],
      setSelect: [
        (u) => {
          if (u.select.width < 4) return;
          const at = (left: number): number => u.posToVal(left, 'x') * 1000;
          latest().onZoom?.({fromMs: at(u.select.left), toMs: at(u.select.left + u.select.width)});
          u.setSelect({left: 0, top: 0, width: 0, height: 0}, false);
        },
      ],
    },
  };
}

// The point under the cursor, else the last one.
function showReadout(u: uPlot, readout: HTMLElement, {names, points}: Props): void {
  const at = u.cursor.idx ?? u.data[0].length - 1;
  const time = u.data[0][at];
  const keys = names.map((name, i) => {
    const item = document.createElement('span');
    item.className = `key key-${i + 1}`;
    const value = u.data[i + 1]?.[at];
    item.textContent = `${name} `;
    const number = document.createElement('b');
    number.textContent = value === null || value === undefined ? NOTHING : formatNumber(value);
    item.append(number);
    return item;
  });
  const when = document.createElement('span');
  when.className = 'when';
  when.textContent = time === undefined ? '' : timeOf(points, time);
  readout.replaceChildren(...keys, when);
}

function PointsTable({points, names, title}: Props) {
  const [open, setOpen] = useState(false);
  const first = Math.max(0, points.times.length - MAX_ROWS);
  return (
    <details class="as-table" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Show as a table</summary>
      {open && (
        <div class="scroll" tabIndex={0} role="region" aria-label={`${title} as a table`}>
          <table>
            <caption>
              {first > 0 ? `The last ${MAX_ROWS} of ${formatNumber(points.times.length)} points` : 'Newest first'}
            </caption>
            <thead>
              <tr>
                <th scope="col">Time</th>
                {names.map((name) => (
                  <th scope="col" class="number">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {points.times
                .slice(first)
                .map((time, i) => (
                  <tr key={time}>
                    <th scope="row">{timeOf(points, time)}</th>
                    {names.map((_, line) => (
                      <td class="number">{formatNumber(points.lines[line]?.[first + i])}</td>
                    ))}
                  </tr>
                ))
                .reverse()}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}
