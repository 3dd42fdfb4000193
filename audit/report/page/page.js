'use strict';
// Draws the plots of the page with uPlot, from the JSON that stands in it. Loads nothing.
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const times = Array.from({ length: data.buckets }, (_, index) => index * data.step);
  const colour = (name) =>
    getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();

  // Three figures: 0.042, 1.23, 12.3, 1,234.
  function figures(value) {
    if (value == null) return '–';
    if (value === 0) return '0';
    const decimals = value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3;
    return value.toLocaleString('en', {
      minimumFractionDigits: decimals, maximumFractionDigits: decimals,
    });
  }
  const plain = (value) => value.toLocaleString('en', { maximumFractionDigits: 3 });
  const milliseconds = (plot, value) => (value == null ? '–' : figures(value) + ' ms');
  const seconds = (plot, value) => (value == null ? '–' : plain(value) + ' s');
  const count = (plot, value) => (value == null ? '–' : plain(Math.round(value)));

  function axis(values, more) {
    return {
      stroke: colour('muted'),
      font: '12px system-ui, sans-serif',
      grid: { stroke: colour('grid'), width: 1 },
      ticks: { stroke: colour('grid'), width: 1, size: 4 },
      values: (plot, splits) => splits.map((split) => (split == null ? '' : values(split))),
      ...more,
    };
  }

  function line(label, name, value, more) {
    return {
      label, value, stroke: colour(name), width: 1.75, points: { size: 5 }, ...more,
    };
  }

  // What was done to the cluster, as dashed lines, with the number of its place in the list.
  function drawEvents(plot, numbers = true) {
    const { ctx, bbox } = plot;
    const ratio = devicePixelRatio;
    ctx.save();
    ctx.strokeStyle = ctx.fillStyle = colour('event');
    ctx.font = 10 * ratio + 'px system-ui, sans-serif';
    ctx.textAlign = 'center';
    ctx.setLineDash([4 * ratio, 3 * ratio]);
    let free = -Infinity;
    data.events.forEach((event, index) => {
      const x = plot.valToPos(event.at, 'x', true);
      if (x < bbox.left || x > bbox.left + bbox.width) return;
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      if (!numbers || x < free) return;
      ctx.fillText(index + 1, x, bbox.top - 4 * ratio);
      free = x + 16 * ratio;
    });
    ctx.restore();
  }

  const shown = [];

  // Keeps a plot as wide as its element, and marks the element once there is a picture.
  function show(element, options, values) {
    const width = () => Math.max(element.clientWidth, 200);
    const plot = new uPlot({
      ...options,
      width: width(),
      hooks: { ...options.hooks, ready: [() => { element.dataset.state = 'drawn'; }] },
    }, values, element);
    const observer = new ResizeObserver(() => {
      if (plot.width !== width()) plot.setSize({ width: width(), height: options.height });
    });
    observer.observe(element);
    shown.push({ plot, observer });
  }

  // Over the run; y is in milliseconds unless the axis says something else.
  function overTime(more) {
    return {
      height: 220,
      padding: [16, 24, 0, 0],
      scales: { x: { time: false }, y: { range: (plot, low, high) => [0, high * 1.05 || 1] } },
      axes: [axis((split) => plain(split) + ' s', { size: 34 }), axis(plain, { size: 58 })],
      cursor: { sync: { key: 'time' }, drag: { x: true, y: false } },
      legend: { markers: { dash: (plot, at) => (plot.series[at].dash ? 'dashed' : 'solid') } },
      hooks: { draw: [(plot) => drawEvents(plot)] },
      ...more,
    };
  }

  const atTime = { label: 'at', value: seconds };

  function drawStaleness(element) {
    const { p50, p99, max } = data.staleness;
    show(element, overTime({
      series: [
        atTime,
        line('stalest', 'series-faint', milliseconds, { fill: colour('series-faint') + '33' }),
        line('p99', 'series-2', milliseconds),
        line('median', 'series-1', milliseconds),
      ],
    }), [times, max, p99, p50]);
  }

  function drawLatency(element) {
    show(element, overTime({
      series: [
        atTime,
        line('reads, median', 'series-1', milliseconds),
        line('reads, p99', 'series-1', milliseconds, { dash: [5, 4] }),
        line('writes, median', 'series-4', milliseconds),
        line('writes, p99', 'series-4', milliseconds, { dash: [5, 4] }),
      ],
    }), [times, data.reads.p50, data.reads.p99, data.writes.p50, data.writes.p99]);
  }

  function drawServed(element) {
    const { primary, standby, unknown } = data.served;
    const series = [
      atTime,
      line('standbys', 'series-1', count, { fill: colour('series-1') + '22' }),
      line('primary', 'series-4', count, { fill: colour('series-4') + '22' }),
    ];
    const values = [times, standby, primary];
    if (unknown.some((reads) => reads > 0)) {
      series.push(line('not known', 'series-faint', count));
      values.push(unknown);
    }
    show(element, overTime({ series }), values);
  }

  // A row of bars for each guarantee that was violated, one below the other.
  function drawViolations(element) {
    element.replaceChildren();
    data.violations.forEach((guarantee, index) => {
      const last = index === data.violations.length - 1;
      const most = Math.max(...guarantee.counts);
      const lane = document.createElement('div');
      const name = document.createElement('div');
      const total = document.createElement('small');
      const place = document.createElement('div');
      lane.className = 'lane';
      name.className = 'lane-name';
      place.className = 'plot';
      name.textContent = guarantee.title;
      total.textContent = plain(guarantee.count);
      name.append(total);
      lane.append(name, place);
      element.append(lane);
      show(place, overTime({
        height: last ? 100 : 70,
        legend: { show: false },
        hooks: { draw: [(plot) => drawEvents(plot, index === 0)] },
        padding: [index === 0 ? 16 : 6, 24, last ? 0 : 6, 0],
        axes: [
          axis((split) => plain(split) + ' s', last ? { size: 34 } : { values: () => [], size: 0 }),
          axis(plain, { size: 58, splits: () => [0, most], filter: (plot, splits) => splits }),
        ],
        series: [atTime, {
          label: 'violations', stroke: colour('bad'), fill: colour('bad'), width: 0,
          points: { show: false }, paths: uPlot.paths.bars({ size: [0.9, 12], align: 1 }),
        }],
      }), [times, guarantee.counts]);
    });
    element.dataset.state = 'drawn';
  }

  // Powers of ten, and what is between them where there are few.
  function logSplits(plot, index, low, high) {
    const steps = high / low > 300 ? [1] : [1, 2, 5];
    const splits = [];
    for (let power = Math.floor(Math.log10(low)); 10 ** power <= high; ++power) {
      splits.push(...steps.map((step) => step * 10 ** power));
    }
    return splits.filter((split) => split >= low * 0.999 && split <= high * 1.001);
  }

  // The rarer the slower: 90 %, 99 %, 99.9 % are as far from each other.
  function drawCurves(element) {
    const place = (quantile) => -Math.log10(1 - quantile);
    const ticks = new Map([0, 0.5, 0.9, 0.99, 0.999, 0.9999].map((quantile) =>
      [place(quantile), plain(quantile * 100) + ' %']));
    ticks.set(place(0.9999), '99.99 %');
    const series = [{
      label: 'of the operations',
      value: (plot, value) =>
        (value == null ? '–' : +(100 * (1 - 10 ** -value)).toFixed(3) + ' %'),
    }];
    data.curves.forEach((curve, index) => {
      series.push(line(curve.title, 'series-' + (1 + index % 6), milliseconds));
    });
    show(element, {
      height: 300,
      padding: [12, 36, 0, 0],
      scales: { x: { time: false }, y: { distr: 3 } },
      axes: [
        axis((split) => ticks.get(split), { size: 34, splits: () => [...ticks.keys()] }),
        axis(plain, { size: 58, splits: logSplits, filter: (plot, splits) => splits }),
      ],
      series,
    }, [data.quantiles.map(place), ...data.curves.map((curve) => curve.ms)]);
  }

  const drawers = {
    'plot-staleness': drawStaleness,
    'plot-violations': drawViolations,
    'plot-curves': drawCurves,
    'plot-latency': drawLatency,
    'plot-served': drawServed,
  };

  function draw() {
    for (const { plot, observer } of shown.splice(0)) {
      observer.disconnect();
      plot.destroy();
    }
    for (const [id, drawer] of Object.entries(drawers)) {
      const element = document.getElementById(id);
      if (element) drawer(element);
    }
  }

  draw();
  // The colours are the page's; they change when its scheme does.
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
})();
