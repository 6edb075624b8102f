package sextant

import (
	"errors"
	"fmt"
	"time"

	"github.com/grafana/sobek"
	"go.k6.io/k6/v2/js/common"
	"go.k6.io/k6/v2/js/modules"
	"go.k6.io/k6/v2/lib"
	"go.k6.io/k6/v2/metrics"
)

// Metrics of the module. The output takes them by their names.
const (
	// journeyMetric is how long an iteration took from when it was due, in milliseconds.
	journeyMetric = "sextant_journey"
	// lateMetric is how long after it was due an iteration began.
	lateMetric = "sextant_late"
	// markMetric is what a script marks.
	markMetric = "sextant_mark"
)

type rootModule struct{}

// NewModuleInstance makes the module of a VU.
func (*rootModule) NewModuleInstance(vu modules.VU) modules.Instance {
	instance := &moduleInstance{vu: vu}
	if env := vu.InitEnv(); env != nil {
		for name, metric := range map[string]**metrics.Metric{
			journeyMetric: &instance.journey, lateMetric: &instance.late, markMetric: &instance.mark,
		} {
			made, err := env.Registry.NewMetric(name, metrics.Trend, metrics.Time)
			if err != nil {
				common.Throw(vu.Runtime(), err)
			}
			*metric = made
		}
	}
	return instance
}

type moduleInstance struct {
	vu                  modules.VU
	journey, late, mark *metrics.Metric
}

// Exports are the names of k6/x/sextant.
func (m *moduleInstance) Exports() modules.Exports {
	named := map[string]any{
		"plan":         m.plan,
		"traceHeaders": m.traceHeaders,
		"dice":         func(seed uint32, iteration int64) float64 { return dice(seed, uint64(iteration)) },
		"send":         m.send,
	}
	return modules.Exports{Default: named, Named: named}
}

func (m *moduleInstance) throw(err error) {
	common.Throw(m.vu.Runtime(), err)
}

// traceHeaders are headers that begin a trace; see index.d.ts.
func (m *moduleInstance) traceHeaders(probability sobek.Value) map[string]string {
	part := 1.0
	if probability != nil && !sobek.IsUndefined(probability) {
		part = probability.ToFloat()
	}
	if !(part >= 0 && part <= 1) {
		m.throw(fmt.Errorf("traceHeaders(): probability is %v, allowed is 0 to 1", part))
	}
	return traceHeaders(part)
}

// plan takes the plan of a test, in the init context.
func (m *moduleInstance) plan(given sobek.Value) *boundPlan {
	plan := &testPlan{}
	if given == nil || sobek.IsUndefined(given) || sobek.IsNull(given) {
		m.throw(errors.New("plan(): nothing was given, needed is {seed, arms}"))
	}
	if err := m.vu.Runtime().ExportTo(given, plan); err != nil {
		m.throw(fmt.Errorf("plan(): %w", err))
	}
	if err := plan.check(); err != nil {
		m.throw(err)
	}
	if m.vu.State() != nil {
		m.throw(errors.New("plan() is for the init context: call it outside of functions"))
	}
	setCurrentPlan(plan)
	return &boundPlan{module: m, plan: plan, weights: plan.weights()}
}

// boundPlan is a plan within a VU.
type boundPlan struct {
	module  *moduleInstance
	plan    *testPlan
	weights []float64
}

// Iteration is one iteration of a script: the arm that it was given, and when it was due.
type Iteration struct {
	// Arm is the arm's name.
	Arm string `js:"arm"`
	// Number is the iteration's number in the whole test, over all segments, from 0.
	Number int64 `js:"number"`
	// LateUs is how many microseconds after it was due it began.
	LateUs float64 `js:"lateUs"`

	module  *moduleInstance
	due     time.Time
	sampled float64
}

// Next is the iteration that this VU has just begun.
func (bound *boundPlan) Next() *Iteration {
	state := bound.module.vu.State()
	if state == nil {
		bound.module.throw(errors.New("next() is for iterations: call it in the default function"))
	}
	now := time.Now()
	number := state.GetScenarioGlobalVUIter()
	arm := bound.plan.Arms[choose(bound.weights, dice(bound.plan.Seed, number))]
	iteration := &Iteration{Arm: arm.Name, Number: int64(number), module: bound.module, due: now, sampled: 1}
	if arm.Sampled != nil {
		iteration.sampled = *arm.Sampled
	}
	scenario := lib.GetScenarioState(bound.module.vu.Context())
	if bound.plan.RatePerS > 0 && scenario != nil {
		// k6 starts the iterations of a constant arrival rate at their number times its period.
		period := time.Duration(float64(time.Second) / bound.plan.RatePerS)
		due := scenario.StartTime.Add(period * time.Duration(number))
		if due.Before(now) {
			iteration.due = due
			iteration.LateUs = float64(now.Sub(due)) / float64(time.Microsecond)
		}
		bound.module.push(bound.module.late, arm.Name, "start", now.Sub(iteration.due))
	}
	return iteration
}

// Headers begin the trace of this iteration.
func (iteration *Iteration) Headers() map[string]string {
	return traceHeaders(iteration.sampled)
}

// End records how long the iteration took from when it was due.
func (iteration *Iteration) End() {
	m := iteration.module
	m.push(m.journey, iteration.Arm, "journey", time.Since(iteration.due))
}

// Mark records a value of the script's own, in microseconds.
func (iteration *Iteration) Mark(step string, valueUs float64) {
	m := iteration.module
	m.push(m.mark, iteration.Arm, step, time.Duration(valueUs*float64(time.Microsecond)))
}

func (m *moduleInstance) push(metric *metrics.Metric, arm, step string, value time.Duration) {
	state := m.vu.State()
	tags := state.Tags.GetCurrentValues()
	metrics.PushIfNotDone(m.vu.Context(), state.Samples, metrics.Sample{
		TimeSeries: metrics.TimeSeries{Metric: metric, Tags: tags.Tags.With("arm", arm).With("step", step)},
		Time:       time.Now(),
		Value:      metrics.D(value),
	})
}
