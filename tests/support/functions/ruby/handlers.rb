# Handlers for the tests of the Ruby runtime; each shows one behaviour.

require "logger"
require "stringio"

puts "loading handlers"
$calls = 0

def echo(event:, context:) = event

def count(event:, context:)
  $calls += 1
end

def describes(event:, context:)
  {
    "function_name" => context.function_name,
    "function_version" => context.function_version,
    "invoked_function_arn" => context.invoked_function_arn,
    "memory_limit_in_mb" => context.memory_limit_in_mb,
    "request" => context.aws_request_id,
    "stream" => context.log_stream_name,
    "custom" => context.client_context["custom"],
    "remaining" => context.get_remaining_time_in_millis.between?(1, 30_000),
    "trace" => ENV["_X_AMZN_TRACE_ID"]
  }
end

module Jobs
  class Nightly
    def self.process(event:, context:) = "nightly"
  end
end

def fails(event:, context:)
  raise ArgumentError, "bad valué"
end

def not_json(event:, context:) = Float::NAN

def binary(event:, context:) = StringIO.new("raw")

def ends(event:, context:)
  exit!(event)
end

def logs(event:, context:)
  Logger.new($stdout).warn("from the logger")
  nil
end

def recursive(event:, context:) = recursive(event: event, context: context)

def gem_path(event:, context:) = Gem.path
