def handler(event:, context:)
  name = event.fetch("name", "world")
  puts "greeting #{name}"
  { message: "Hello, #{name}!", requestId: context.aws_request_id }
end
