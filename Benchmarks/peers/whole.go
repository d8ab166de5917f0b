// The whole job in Go: lease a batch, call, check the answer, settle durably, one journal entry each.
// With -bare: the calls and checks alone. Tokens lie in the store in clear.
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/coreos/go-systemd/journal"
	_ "github.com/mattn/go-sqlite3"
)

type user struct {
	place int64
	id    string
	token string
	start time.Time
	took  time.Duration
	err   error
}

const batch = 500

var (
	url     = flag.String("url", "", "where to post")
	ca      = flag.String("ca", "", "certificates to trust")
	store   = flag.String("store", "", "the SQLite file of the users")
	bare    = flag.String("bare", "", "a file of tokens: only call")
	workers = flag.Int("workers", 64, "calls in flight")
	http1   = flag.Bool("http1", false, "no HTTP/2")
)

func main() {
	flag.Parse()
	pem, err := os.ReadFile(*ca)
	check(err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	transport := &http.Transport{
		TLSClientConfig:     &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13},
		MaxIdleConnsPerHost: *workers,
		ForceAttemptHTTP2:   !*http1,
		DisableCompression:  true,
	}
	client := &http.Client{Transport: transport, Timeout: 3 * time.Minute}

	todo, done := make(chan user, batch), make(chan user, batch)
	var calls sync.WaitGroup
	for i := 0; i < *workers; i++ {
		calls.Add(1)
		go func() {
			defer calls.Done()
			for u := range todo {
				u.start = time.Now()
				u.err = call(client, u.token)
				u.took = time.Since(u.start)
				done <- u
			}
		}()
	}
	finished := make(chan int)
	if *bare != "" {
		go func() {
			count := 0
			for u := range done {
				check(u.err)
				count++
			}
			finished <- count
		}()
		file, err := os.Open(*bare)
		check(err)
		for lines := bufio.NewScanner(file); lines.Scan(); {
			todo <- user{token: lines.Text()}
		}
	} else {
		db, err := sql.Open("sqlite3", *store+"?_journal_mode=WAL&_synchronous=FULL&_txlock=immediate&_busy_timeout=10000")
		check(err)
		db.SetMaxOpenConns(1)
		go func() { finished <- settle(db, done) }()
		lease(db, todo)
	}
	close(todo)
	calls.Wait()
	close(done)
	fmt.Println(<-finished)
}

func call(client *http.Client, token string) error {
	request, err := http.NewRequest("POST", *url, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Accept", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 65536))
	if err != nil {
		return err
	}
	var answer struct{ Result string }
	if err := json.Unmarshal(body, &answer); err != nil {
		return err
	}
	if response.StatusCode != 200 || answer.Result != "SUCCESS" {
		return fmt.Errorf("status %d, result %q", response.StatusCode, answer.Result)
	}
	return nil
}

// Takes what is due, oldest first, until there is no more.
func lease(db *sql.DB, todo chan<- user) {
	for {
		tx, err := db.Begin()
		check(err)
		rows, err := tx.Query("SELECT place, id, token FROM users WHERE lease IS NULL AND due <= ? ORDER BY due LIMIT ?",
			time.Now().UnixMicro(), batch)
		check(err)
		var found []user
		for rows.Next() {
			var u user
			check(rows.Scan(&u.place, &u.id, &u.token))
			found = append(found, u)
		}
		check(rows.Err())
		take, err := tx.Prepare("UPDATE users SET lease = ? WHERE place = ?")
		check(err)
		for _, u := range found {
			_, err = take.Exec(time.Now().UnixMicro(), u.place)
			check(err)
		}
		check(tx.Commit())
		if len(found) == 0 {
			return
		}
		for _, u := range found {
			todo <- u
		}
	}
}

// Writes what came of the calls, as many at a time as are there.
func settle(db *sql.DB, done <-chan user) int {
	count := 0
	for first := range done {
		ended := []user{first}
		for more := true; more && len(ended) < batch; {
			select {
			case u, open := <-done:
				if more = open; open {
					ended = append(ended, u)
				}
			case <-time.After(2 * time.Millisecond):
				more = false
			}
		}
		tx, err := db.Begin()
		check(err)
		put, err := tx.Prepare("UPDATE users SET lease = NULL, due = due + 86400000000, last_success = ?, failures = 0 WHERE place = ?")
		check(err)
		for _, u := range ended {
			check(u.err)
			_, err = put.Exec(u.start.UnixMicro(), u.place)
			check(err)
		}
		check(tx.Commit())
		for _, u := range ended {
			check(journal.Send("User "+u.id+": refreshed", journal.PriInfo, map[string]string{
				"SYSLOG_IDENTIFIER": "whole", "MESSAGE_ID": "5ac40e3bd3624ae2a3ac8fae8c0a4da9",
				"REFRESH_USER_ID": u.id, "REFRESH_OUTCOME": "refreshed", "REFRESH_ATTEMPT": "1",
				"REFRESH_HTTP_STATUS":   "200",
				"REFRESH_DURATION_USEC": strconv.FormatInt(u.took.Microseconds(), 10),
				"REFRESH_NEXT_DUE":      u.start.Add(24 * time.Hour).UTC().Format(time.RFC3339),
			}))
		}
		count += len(ended)
	}
	return count
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
