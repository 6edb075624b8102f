package sextant

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
	"github.com/sirupsen/logrus"
	"go.k6.io/k6/v2/lib/netext/httpext"
	"go.k6.io/k6/v2/metrics"
)

// shopper takes requests until there are none, each of which takes so long.
func shopper(p *pacer, takes time.Duration, status int) chan int {
	done := make(chan int)
	go func() {
		count := 0
		for vu := newVuser(); p.take(vu); count++ {
			time.Sleep(takes)
			p.answered(vu, status)
		}
		done <- count
	}()
	return done
}

func TestSlotsAreSentAsAsked(t *testing.T) {
	p := newPacer()
	one, two := shopper(p, 0, 200), shopper(p, 0, 200)
	open := p.run(slotRequest{ArrivalsMs: []float64{0, 5, 5, 20}})
	if open.Requests != 4 || open.Errors != 0 || open.Seconds < 0.02 {
		t.Errorf("open: %+v", open)
	}
	closed := p.run(slotRequest{ClosedMs: 20})
	if closed.Requests < 10 || closed.Seconds < 0.015 {
		t.Errorf("closed: %+v", closed)
	}
	if empty := p.run(slotRequest{}); empty.Requests != 0 {
		t.Errorf("empty: %+v", empty)
	}
	p.end()
	if sum := <-one + <-two; sum != open.Requests+closed.Requests {
		t.Errorf("%d requests were taken", sum)
	}
}

func TestLatencyCountsFromWhenItWasDue(t *testing.T) {
	p := newPacer()
	// One connection that needs 20 ms: what is due meanwhile waits, and is not the generator's fault.
	done := shopper(p, 20*time.Millisecond, 503)
	reply := p.run(slotRequest{ArrivalsMs: []float64{1, 2, 3}})
	p.end()
	<-done
	if reply.Requests != 3 || reply.Errors != 3 {
		t.Errorf("%+v", reply)
	}
	histogram, err := hdr.Decode([]byte(reply.Histogram))
	if err != nil {
		t.Fatal(err)
	}
	if histogram.Min() < 19_000 || histogram.Max() < 57_000 {
		t.Errorf("from %d to %d µs", histogram.Min(), histogram.Max())
	}
	if reply.Late > 1 {
		t.Errorf("%d are called late, while the only connection was busy", reply.Late)
	}
}

func TestControlEndsWithItsConnection(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p, err := connect(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	ours, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	_ = listener.Close()
	done := shopper(p, 0, 200)
	replies := json.NewDecoder(ours)
	for range 2 {
		if _, err := ours.Write([]byte(`{"arrivalsMs":[0,1]}` + "\n")); err != nil {
			t.Fatal(err)
		}
		var reply slotReply
		if err := replies.Decode(&reply); err != nil {
			t.Fatal(err)
		}
		if reply.Requests != 2 {
			t.Errorf("%+v", reply)
		}
	}
	_ = ours.Close()
	if count := <-done; count != 4 {
		t.Errorf("%d requests", count)
	}
}

func TestConnectNamesWhatIsMissing(t *testing.T) {
	if _, err := connect(""); err == nil {
		t.Error("there is nothing to connect to")
	}
	if _, err := connect("127.0.0.1:1"); err == nil {
		t.Error("nobody listens there")
	}
}

// begun is a pacer in the middle of a slot that began so long ago.
func begun(ago time.Duration, arrivalsMs ...float64) *pacer {
	p := newPacer()
	p.slot = &pacedSlot{
		request:   slotRequest{ArrivalsMs: arrivalsMs},
		start:     time.Now().Add(-ago),
		histogram: hdr.New(lowestUs, highestUs, digits),
		done:      make(chan struct{}),
	}
	return p
}

func TestWhatAFreeVUSendsLateIsTheGeneratorsFault(t *testing.T) {
	const minute = 60_000
	p := begun(minute*time.Millisecond, 0, 1, minute)
	one, two := newVuser(), newVuser()
	if !p.take(one) || !p.take(two) || p.slot.reply.Late != 2 {
		t.Errorf("both were free and a minute late, %d are called so", p.slot.reply.Late)
	}
	// Both wait for the server when the third is due, and it is sent as soon as one is answered.
	p.slot.start = p.slot.start.Add(-minute * time.Millisecond)
	p.answered(one, 200)
	if !p.take(one) || p.slot.reply.Late != 2 {
		t.Error("the server was late, and the generator is called so")
	}
}

func TestTheVUThatWaitsShortestIsWokenFirst(t *testing.T) {
	p := newPacer()
	first, last := newVuser(), newVuser()
	p.idle = []*vuser{first, last}
	if !p.wakeOne() || len(last.wake) != 1 || len(first.wake) != 0 {
		t.Error("another was woken")
	}
	if !p.wakeOne() || p.wakeOne() {
		t.Error("two were idle")
	}
}

func TestSendSendsWhatIsDueAndCountsTheAnswers(t *testing.T) {
	var mutex sync.Mutex
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mutex.Lock()
		defer mutex.Unlock()
		asked = append(asked, r.Method+" "+r.URL.Path+" "+r.UserAgent())
		if len(asked) == 2 {
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		} else if len(asked) == 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer server.Close()
	f := newFixture(t)
	registry := f.VU.InitEnvField.Registry
	f.iterate(0, time.Now())
	state := f.VU.StateField
	state.Transport = http.DefaultTransport
	state.Options.UserAgent.String = "k6/test"
	state.Options.MaxRedirects.Valid = true // and 0
	state.Options.SystemTags = metrics.NewSystemTagSet()
	state.BuiltinMetrics = metrics.RegisterBuiltinMetrics(registry)
	state.Logger = logrus.New()
	p := newPacer()
	control.pacer = p
	defer func() { control.pacer = nil }()
	ended := make(chan error)
	go func() {
		_, err := f.VU.Runtime().RunString(`sextant.send("` + server.URL + `/tea")`)
		ended <- err
	}()
	reply := p.run(slotRequest{ArrivalsMs: []float64{0, 1, 2, 3}})
	p.end()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if reply.Requests != 4 || reply.Errors != 1 {
		t.Errorf("%+v", reply)
	}
	// A redirect is an answer, and nothing else was asked for.
	for _, one := range asked {
		if one != "GET /tea k6/test" {
			t.Errorf("asked: %s", one)
		}
	}
	// Nobody is there any more: no answer is an error.
	server.Close()
	url, err := httpext.NewURL(server.URL, server.URL)
	if err != nil {
		t.Fatal(err)
	}
	if status := f.instance.get(state, url); status != 0 {
		t.Errorf("status %d of a server that is gone", status)
	}
}

func TestSendNamesWhatIsWrong(t *testing.T) {
	f := newFixture(t)
	if _, err := f.VU.Runtime().RunString(`sextant.send("http://localhost")`); err == nil ||
		!strings.Contains(err.Error(), ControlVariable) {
		t.Errorf("%v", err)
	}
	control.err = nil
	control.pacer = newPacer()
	defer func() { control.pacer = nil }()
	if _, err := f.VU.Runtime().RunString(`sextant.send("http://localhost")`); err == nil ||
		!strings.Contains(err.Error(), "default function") {
		t.Errorf("%v", err)
	}
	f.iterate(0, time.Now())
	if _, err := f.VU.Runtime().RunString(`sextant.send("%")`); err == nil ||
		!strings.Contains(err.Error(), "send(): ") {
		t.Errorf("%v", err)
	}
}
