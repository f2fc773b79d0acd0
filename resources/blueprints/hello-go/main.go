// A custom runtime in Go without dependencies. With github.com/aws/aws-lambda-go in a go.mod,
// main is lambda.Start(handle) and the rest of this file goes.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
)

type Event struct {
	Name string `json:"name"`
}

func handle(event Event) (any, error) {
	if event.Name == "" {
		event.Name = "world"
	}
	fmt.Println("greeting", event.Name)
	return map[string]string{"message": "Hello, " + event.Name + "!"}, nil
}

func main() {
	base := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/"
	for {
		next, err := http.Get(base + "next")
		if err != nil {
			log.Fatal(err)
		}
		body, err := io.ReadAll(next.Body)
		next.Body.Close()
		if err != nil {
			log.Fatal(err)
		}
		request := base + next.Header.Get("Lambda-Runtime-Aws-Request-Id")
		answer, err := run(body)
		if err != nil {
			answer, _ = json.Marshal(map[string]string{"errorType": "Error", "errorMessage": err.Error()})
			request += "/error"
		} else {
			request += "/response"
		}
		posted, err := http.Post(request, "application/json", bytes.NewReader(answer))
		if err != nil {
			log.Fatal(err)
		}
		io.Copy(io.Discard, posted.Body)
		posted.Body.Close()
	}
}

func run(body []byte) ([]byte, error) {
	var event Event
	if err := json.Unmarshal(body, &event); err != nil {
		return nil, err
	}
	result, err := handle(event)
	if err != nil {
		return nil, err
	}
	return json.Marshal(result)
}
