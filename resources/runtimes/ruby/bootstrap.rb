# Runs a Ruby function inside an execution environment: the client of the Runtime API.
#
# It starts with every cold start, so it requires only what every function needs anyway. The
# requests of the Runtime API are spoken over a plain socket; the platform always sends
# Content-Length. Shapes of errors and of the context are those of AWS's own Ruby runtime.

require "json"
require "socket"

module GantryRuntime
  API = "/2018-06-01/runtime/"
  TASK_ROOT = ENV.fetch("LAMBDA_TASK_ROOT")
  OWN_FOLDER = __dir__

  # What ends the process rather than the invocation.
  ENDS = [SystemExit, SignalException, NoMemoryError].freeze

  # A failure that has a name in Lambda's own vocabulary.
  class Fault < StandardError
    attr_reader :kind

    def initialize(kind, message)
      super(message)
      @kind = kind
    end
  end

  # One keep-alive HTTP/1.1 connection.
  class Connection
    def initialize(address)
      host, _, port = address.rpartition(":")
      @socket = TCPSocket.new(host, Integer(port))
      @socket.setsockopt(Socket::IPPROTO_TCP, Socket::TCP_NODELAY, 1)
      @host = address
      @next_request = "GET #{API}invocation/next HTTP/1.1\r\nHost: #{address}\r\n\r\n"
      @asked = false # whether the next event was asked for already
    end

    def next
      @socket.write(@next_request) unless @asked
      @asked = false
      receive
    end

    # A post with the request for the next event right behind it: that spares both sides a wake-up
    # for each invocation.
    def answer(path, body, content_type: "application/json", error_type: nil)
      @asked = true
      send_post(path, body, content_type, error_type, @next_request)
    end

    def post(path, body, content_type: "application/json", error_type: nil)
      send_post(path, body, content_type, error_type, "")
    end

    def ask(path)
      @socket.write("GET #{API}#{path} HTTP/1.1\r\nHost: #{@host}\r\n\r\n")
    end

    def receive
      status = Integer(line.split(" ", 3)[1])
      headers = {}
      until (text = line).empty?
        name, value = text.split(":", 2)
        headers[name.downcase] = value.strip
      end
      body = @socket.read(headers.fetch("content-length", 0).to_i)
      [status, headers, body.force_encoding(Encoding::UTF_8)]
    end

    def close
      @socket.close
    end

    private

    def send_post(path, body, content_type, error_type, behind)
      head = +"POST #{API}#{path} HTTP/1.1\r\nHost: #{@host}\r\n" \
              "Content-Type: #{content_type}\r\nContent-Length: #{body.bytesize}\r\n"
      head << "Lambda-Runtime-Function-Error-Type: #{error_type}\r\n" if error_type
      @socket.write(head << "\r\n", body, behind)
      receive
    end

    def line
      text = @socket.gets("\r\n") or exit!(1) # the platform has gone; there is no one to tell
      text.force_encoding(Encoding::UTF_8).chomp
    end
  end

  # The context of a handler; names are those of AWS.
  class LambdaContext
    attr_reader :aws_request_id, :invoked_function_arn, :log_group_name, :log_stream_name,
                :function_name, :memory_limit_in_mb, :function_version, :identity, :client_context,
                :deadline_ms, :tenant_id

    def initialize(headers)
      @aws_request_id = headers["lambda-runtime-aws-request-id"]
      @invoked_function_arn = headers["lambda-runtime-invoked-function-arn"]
      @deadline_ms = headers["lambda-runtime-deadline-ms"].to_i
      @tenant_id = headers["lambda-runtime-aws-tenant-id"]
      @identity = parsed(headers["lambda-runtime-cognito-identity"])
      @client_context = parsed(headers["lambda-runtime-client-context"])
      @log_group_name = ENV["AWS_LAMBDA_LOG_GROUP_NAME"]
      @log_stream_name = ENV["AWS_LAMBDA_LOG_STREAM_NAME"]
      @function_name = ENV["AWS_LAMBDA_FUNCTION_NAME"]
      @memory_limit_in_mb = ENV["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
      @function_version = ENV["AWS_LAMBDA_FUNCTION_VERSION"]
    end

    def get_remaining_time_in_millis
      [@deadline_ms - Process.clock_gettime(Process::CLOCK_REALTIME, :millisecond), 0].max
    end

    private

    def parsed(text)
      text && JSON.parse(text)
    end
  end

  # What a handler's name means: FILE.METHOD, or FILE.CLASS.METHOD for a method of a class or module.
  class Handler
    def initialize(name)
      parts = name.split(".")
      unless [2, 3].include?(parts.size)
        raise Fault.new("Init<ArgumentError>",
                        "Invalid handler #{parts}, must be of form FILENAME.METHOD or " \
                        "FILENAME.CLASS.METHOD where FILENAME corresponds with an existing Ruby " \
                        "source file FILENAME.rb, CLASS is an optional module/class namespace and " \
                        "METHOD is a callable method. If using CLASS, METHOD must be a class-level " \
                        "method.")
      end
      @file, *@owner, @method = parts
    end

    def load
      require File.join(TASK_ROOT, @file)
    end

    def call(event, context)
      return TOPLEVEL_BINDING.receiver.__send__(@method, event: event, context: context) if @owner.empty?

      Kernel.const_get(@owner.first).__send__(@method, event: event, context: context)
    end
  end

  # Gives the lines of Ruby's Logger the request's id where a process id would be.
  module RequestLogFormat
    def call(severity, time, progname, message)
      format("%s, [%s #%s] %5s -- %s: %s\n", severity[0], time.strftime("%Y-%m-%dT%H:%M:%S.%6N"),
             GantryRuntime.request_id, severity, progname, msg2str(message))
    end
  end

  # The same for the log format JSON; what is below the function's level the platform leaves out.
  module JsonLogFormat
    def call(severity, time, progname, message)
      line = { timestamp: time.utc.strftime("%Y-%m-%dT%H:%M:%S.%3NZ"), level: severity,
               message: message.is_a?(Hash) ? message : msg2str(message) }
      line[:logger] = progname if progname
      line[:requestId] = GantryRuntime.request_id if GantryRuntime.request_id
      JSON.generate(line) << "\n"
    end
  end

  JSON_LOGS = ENV["AWS_LAMBDA_LOG_FORMAT"] == "JSON"

  class << self
    attr_reader :request_id

    def run
      $stdout.sync = $stderr.sync = true
      connection = Connection.new(ENV.fetch("AWS_LAMBDA_RUNTIME_API"))
      handler = load_handler(connection)
      if ENV.key?("GANTRY_SNAPSHOT_SOCKET")
        require_relative "snapshot"
        connection = Snapshot.park(connection)
      end
      loop do
        status, headers, body = connection.next
        exit(1) if status != 200
        serve(connection, handler, headers, body)
      end
    end

    private

    def load_handler(connection)
      handler = Handler.new(ENV.fetch("_HANDLER"))
      handler.load
      Logger::Formatter.prepend(JSON_LOGS ? JsonLogFormat : RequestLogFormat) if defined?(Logger::Formatter)
      handler
    rescue *ENDS
      raise
    rescue Exception => error # a LoadError or a SyntaxError is no StandardError
      document = describe(error, "Init")
      log("Init error when loading handler #{ENV['_HANDLER']}", document)
      connection.post("init/error", JSON.generate(document), error_type: document[:errorType])
      exit(1)
    end

    def serve(connection, handler, headers, body)
      @request_id = headers["lambda-runtime-aws-request-id"]
      ENV["_X_AMZN_TRACE_ID"] = headers["lambda-runtime-trace-id"]
      payload, content_type = encode(handler.call(decode(headers, body), LambdaContext.new(headers)))
    rescue *ENDS
      raise
    rescue Exception => error
      document = describe(error, "Function")
      log("Error raised from handler method", document)
      connection.answer("invocation/#{@request_id}/error", JSON.generate(document),
                        error_type: document[:errorType])
    else
      status, _, answer = connection.answer("invocation/#{@request_id}/response", payload,
                                            content_type: content_type)
      warn("The platform refused the response (#{status}): #{answer}") if status >= 400
    end

    def decode(headers, body)
      return body unless headers.fetch("content-type", "application/json").start_with?("application/json")

      JSON.parse(body)
    end

    def encode(response)
      return [response.read, "application/unknown"] if response.respond_to?(:read)

      [JSON.generate(response), "application/json"]
    end

    def describe(error, phase)
      kind = error.is_a?(Fault) ? error.kind : "#{phase}<#{error.class}>"
      message = error.message.dup.force_encoding(Encoding::UTF_8).scrub
      { errorMessage: message, errorType: kind, stackTrace: own_frames(error) }
    end

    # The stack down to where this file called the function, without Ruby's own frames.
    def own_frames(error)
      (error.backtrace || []).take_while { |frame| !frame.start_with?(OWN_FOLDER) }
                             .reject { |frame| frame.start_with?("<internal:") }.first(100)
    end

    # One log event: a carriage return holds its lines together.
    def log(headline, document)
      return $stdout.write("#{headline}\r#{JSON.generate(document)}\n") unless JSON_LOGS

      $stdout.write(JSON.generate({ timestamp: Time.now.utc.strftime("%Y-%m-%dT%H:%M:%S.%3NZ"),
                                    level: "ERROR", message: headline, requestId: @request_id }
                                    .compact.merge(document)) << "\n")
    rescue IOError, SystemCallError
      nil # the function has closed its output
    end
  end
end

GantryRuntime.run
