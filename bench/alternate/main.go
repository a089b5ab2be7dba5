// Command alternate times two commands in turns, so that both meet the same
// noise, and prints medians, the median of the ratios pair by pair, and the
// peak memory. Their output goes nowhere; a command that fails ends the run.
//
//	alternate [-n 11] [-name TEXT] COMMAND ARG... -- PEER ARG...
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"slices"
	"time"
)

func main() {
	n := flag.Int("n", 11, "counted runs of each command; one more warms up")
	name := flag.String("name", "", "what is measured")
	flag.Parse()
	log.SetFlags(0)
	args := flag.Args()
	cut := slices.Index(args, "--")
	if cut < 1 || cut+1 >= len(args) || *n < 1 {
		log.Fatal("usage: alternate [-n N] [-name TEXT] COMMAND ARG... -- PEER ARG...")
	}
	ours, peer := args[:cut], args[cut+1:]
	run(ours)
	run(peer)
	var a, b []sample
	for range *n {
		a = append(a, run(ours))
		b = append(b, run(peer))
	}
	report(*name, a, b)
}

// sample is what one run cost.
type sample struct {
	wall, cpu time.Duration
	rss       int64 // peak memory in KiB, 0 where the system does not tell
}

func run(args []string) sample {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stderr = os.Stderr
	start := time.Now()
	err := cmd.Run()
	wall := time.Since(start)
	if err != nil {
		log.Fatalf("%v: %v", args, err)
	}
	return sample{wall, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), peakMemory(cmd.ProcessState)}
}

func report(name string, ours, peer []sample) {
	wall := func(s sample) float64 { return s.wall.Seconds() * 1000 }
	cpu := func(s sample) float64 { return s.cpu.Seconds() * 1000 }
	rss := func(s sample) float64 { return float64(s.rss) / 1024 }
	fmt.Printf("%-32s wall %s   cpu %s   peak %.1f / %.1f MiB\n", name,
		compare(ours, peer, wall), compare(ours, peer, cpu), largest(ours, rss), largest(peer, rss))
}

// compare prints both medians in ms and the median of the ratios of the pairs.
func compare(ours, peer []sample, of func(sample) float64) string {
	var a, b, ratios []float64
	for i := range ours {
		a, b = append(a, of(ours[i])), append(b, of(peer[i]))
		ratios = append(ratios, a[i]/b[i])
	}
	ratio := median(ratios)
	return fmt.Sprintf("%8.1f / %8.1f ms = %6.3f (1/%.1f)", median(a), median(b), ratio, 1/ratio)
}

func median(values []float64) float64 {
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

func largest(samples []sample, of func(sample) float64) float64 {
	top := 0.0
	for _, s := range samples {
		top = max(top, of(s))
	}
	return top
}
