package sextant

import (
	"strings"
	"testing"
	"time"

	"go.k6.io/k6/v2/js/modulestest"
	"go.k6.io/k6/v2/lib"
	"go.k6.io/k6/v2/metrics"
)

type fixture struct {
	*modulestest.Runtime
	instance *moduleInstance
	samples  chan metrics.SampleContainer
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	runtime := modulestest.NewRuntime(t)
	instance := new(rootModule).NewModuleInstance(runtime.VU).(*moduleInstance)
	if err := runtime.VU.Runtime().Set("sextant", instance.Exports().Named); err != nil {
		t.Fatal(err)
	}
	return &fixture{runtime, instance, make(chan metrics.SampleContainer, 100)}
}

// iterate moves to the context of VUs, in the given iteration of the whole test.
func (f *fixture) iterate(iteration uint64, started time.Time) {
	registry := f.VU.InitEnvField.Registry
	f.VU.CtxField = lib.WithScenarioState(f.VU.CtxField, &lib.ScenarioState{StartTime: started})
	f.MoveToVUContext(&lib.State{
		Samples:                 f.samples,
		Tags:                    lib.NewVUStateTags(registry.RootTagSet()),
		GetScenarioGlobalVUIter: func() uint64 { return iteration },
	})
}

func (f *fixture) run(t *testing.T, script string) any {
	t.Helper()
	value, err := f.VU.Runtime().RunString(script)
	if err != nil {
		t.Fatal(err)
	}
	return value.Export()
}

const threeArms = `const plan = sextant.plan({ seed: 5, ratePerS: 100, arms: [
	{ name: "off" }, { name: "logs", weight: 2 }, { name: "traces", sampled: 0 } ] });`

func TestAnIterationHasAnArmAndKnowsWhenItWasDue(t *testing.T) {
	f := newFixture(t)
	f.run(t, threeArms)
	// The fifth iteration of 100 a second is due after 40 ms, and starts after 90.
	f.iterate(4, time.Now().Add(-90*time.Millisecond))
	f.run(t, `const one = plan.next(); one.mark("paid", 1500); one.end();`)
	arm := f.run(t, `one.arm`).(string)
	expected := []string{"off", "logs", "traces"}[choose([]float64{1, 2, 1}, dice(5, 4))]
	if arm != expected || f.run(t, `one.number`).(int64) != 4 {
		t.Errorf("arm %s, not %s", arm, expected)
	}
	if isLate := f.run(t, `one.lateUs > 50_000 && one.lateUs < 5_000_000`); isLate != true {
		t.Errorf("late by %v µs", f.run(t, `one.lateUs`))
	}
	if headers := f.run(t, `one.headers().traceparent`).(string); !strings.HasPrefix(headers, "00-") {
		t.Errorf("headers: %s", headers)
	}
	names := map[string]float64{}
	close(f.samples)
	for container := range f.samples {
		sample := container.GetSamples()[0]
		if own, _ := sample.Tags.Get("arm"); own != arm {
			t.Errorf("tagged %s", own)
		}
		names[sample.Metric.Name] = sample.Value
	}
	if names[markMetric] != 1.5 || names[lateMetric] < 50 || names[journeyMetric] < names[lateMetric] {
		t.Errorf("%v", names)
	}
	if plan := currentPlan(); plan == nil || plan.Seed != 5 || len(plan.Arms) != 3 {
		t.Errorf("the output is told of %+v", plan)
	}
}

func TestSampledIsThePartOfTracesThatBeginSampled(t *testing.T) {
	f := newFixture(t)
	f.run(t, `const plan = sextant.plan({ seed: 1, arms: [{ name: "a", sampled: 0 }] });`)
	f.iterate(0, time.Now())
	if flags := f.run(t, `plan.next().headers().traceparent.slice(-2)`); flags != "02" {
		t.Errorf("flags %v", flags)
	}
}

func TestAWrongPlanIsNamed(t *testing.T) {
	cases := map[string]string{
		`sextant.plan()`:                                              "nothing was given",
		`sextant.plan({ seed: 1, arms: [] })`:                         "arms is empty",
		`sextant.plan({ seed: 1, arms: [{ name: "" }] })`:             "arms[0].name is empty",
		`sextant.plan({ seed: 1, arms: [{name:"a"},{name:"a"}] })`:    `"a" is there twice`,
		`sextant.plan({ seed: 1, arms: [{name:"a",weight:-1}] })`:     "weight",
		`sextant.plan({ seed: 1, arms: [{name:"a",sampled:2}] })`:     "allowed is 0 to 1",
		`sextant.plan({ seed: 1, ratePerS: -1, arms: [{name:"a"}] })`: "ratePerS",
		`sextant.traceHeaders(7)`:                                     "allowed is 0 to 1",
		`sextant.plan({ seed: 1, arms: [{name:"a"}] }).next()`:        "default function",
	}
	for script, expected := range cases {
		f := newFixture(t)
		_, err := f.VU.Runtime().RunString(script)
		if err == nil || !strings.Contains(err.Error(), expected) {
			t.Errorf("%s: %v", script, err)
		}
	}
}
