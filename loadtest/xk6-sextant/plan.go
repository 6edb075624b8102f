package sextant

import (
	"errors"
	"fmt"
	"sync"
)

// armPlan is an arm of a test, as a script gives it.
type armPlan struct {
	Name string `js:"name"`
	// Weight is how often it is chosen, against the other arms; 1 when 0.
	Weight float64 `js:"weight"`
	// Sampled is the part of its traces that begin sampled, 0 to 1.
	Sampled *float64 `js:"sampled"`
}

// testPlan is what a script gives to plan().
type testPlan struct {
	Seed uint32    `js:"seed"`
	Arms []armPlan `js:"arms"`
	// RatePerS is the rate of a constant-arrival-rate scenario; 0: iterations are not due at a time.
	RatePerS float64 `js:"ratePerS"`
}

func (plan *testPlan) check() error {
	if len(plan.Arms) == 0 {
		return errors.New("plan(): arms is empty, needed is at least one {name}")
	}
	seen := map[string]bool{}
	for index := range plan.Arms {
		arm := &plan.Arms[index]
		switch {
		case arm.Name == "":
			return fmt.Errorf("plan(): arms[%d].name is empty", index)
		case seen[arm.Name]:
			return fmt.Errorf("plan(): the arm %q is there twice", arm.Name)
		case arm.Weight < 0:
			return fmt.Errorf("plan(): the weight of %q is %v, allowed is a positive number", arm.Name, arm.Weight)
		case arm.Sampled != nil && (*arm.Sampled < 0 || *arm.Sampled > 1):
			return fmt.Errorf("plan(): sampled of %q is %v, allowed is 0 to 1", arm.Name, *arm.Sampled)
		}
		seen[arm.Name] = true
		if arm.Weight == 0 {
			arm.Weight = 1
		}
	}
	if plan.RatePerS < 0 {
		return fmt.Errorf("plan(): ratePerS is %v, allowed is a positive number", plan.RatePerS)
	}
	return nil
}

func (plan *testPlan) weights() []float64 {
	weights := make([]float64, len(plan.Arms))
	for index, arm := range plan.Arms {
		weights[index] = arm.Weight
	}
	return weights
}

// current is the plan of the test that this process runs: the output writes it beside the histograms.
// A k6 process runs one test.
var current struct {
	sync.Mutex
	plan *testPlan
}

func setCurrentPlan(plan *testPlan) {
	current.Lock()
	defer current.Unlock()
	current.plan = plan
}

func currentPlan() *testPlan {
	current.Lock()
	defer current.Unlock()
	return current.plan
}
