# The snapshot of a SnapStart function: an initialised process that makes copies of itself.
#
# Each order that comes through the socket brings the namespaces of a new sandbox, whose first process
# waits there, and the ends of its outputs. A child of this process enters them and drops what it
# could do on the way; it then goes on as that sandbox's function. Threads of the function's do not
# come with it, as fork copies the calling one only.

require "etc"
require "fiddle"
require "fileutils"

module GantryRuntime
  # The system calls for which Ruby has no method.
  module System
    SET_DUMPABLE = 4
    SET_SECCOMP = 22
    DROP_BOUNDING_CAPABILITY = 24
    CAPABILITY_VERSION_3 = 0x20080522
    CLOSE_ON_EXEC = 0o2000000
    SETNS = { "x86_64" => 308, "aarch64" => 268 }.fetch(Etc.uname[:machine])

    LIBC = Fiddle.dlopen(nil)
    INT = Fiddle::TYPE_INT
    LONG = Fiddle::TYPE_LONG
    ADDRESS = Fiddle::TYPE_VOIDP
    ENTER = Fiddle::Function.new(LIBC["setns"], [INT, INT], INT)
    CONTROL = Fiddle::Function.new(LIBC["prctl"], [INT, LONG, LONG, LONG, LONG], INT)
    SET_CAPABILITIES = Fiddle::Function.new(LIBC["capset"], [ADDRESS, ADDRESS], INT)
    DUPLICATE = Fiddle::Function.new(LIBC["dup3"], [INT, INT, INT], INT)

    class << self
      def enter(namespace)
        must(ENTER.call(namespace.fileno, 0), "enter a namespace")
        namespace.close
      end

      def put_in_place(file, descriptor, flags)
        must(DUPLICATE.call(file.fileno, descriptor, flags), "reopen a file")
      end

      def drop_capabilities
        capability = 0
        capability += 1 while CONTROL.call(DROP_BOUNDING_CAPABILITY, capability, 0, 0, 0).zero?
        must(SET_CAPABILITIES.call([CAPABILITY_VERSION_3, 0].pack("L2"), "\0" * 24),
             "drop all capabilities")
        must(CONTROL.call(SET_DUMPABLE, 1, 0, 0, 0), "own its files in /proc")
        refuse_namespaces
      end

      private

      # What the snapshot's filter of system calls allowed for this alone. Other architectures'
      # numbers are refused by that one.
      def refuse_namespaces
        instructions = [[0x20, 0, 0, 0],          # load the number of the call
                        [0x15, 0, 1, SETNS],      # is it setns?
                        [0x06, 0, 0, 0x00050001], # EPERM
                        [0x06, 0, 0, 0x7FFF0000]] # else allowed
        code = instructions.map { |instruction| instruction.pack("SCCL") }.join
        program = [instructions.size, Fiddle::Pointer[code].to_i].pack("Sx6Q")
        must(CONTROL.call(SET_SECCOMP, 2, Fiddle::Pointer[program].to_i, 0, 0),
             "refuse to enter namespaces")
      end

      def must(result, what)
        return result unless result.negative?

        raise SystemCallError.new("could not #{what}", Fiddle.last_error)
      end
    end
  end

  # A descriptor of a file in /tmp, which the copy must not share with other copies.
  OpenFile = Struct.new(:descriptor, :path, :position, :flags, :inherited)

  module Snapshot
    TMP = "/tmp"
    KEPT_FLAGS = File::RDONLY | File::WRONLY | File::RDWR | File::APPEND | File::NONBLOCK | File::SYNC

    class << self
      # Returns in every copy, with the copy's own connection.
      def park(connection)
        channel = UNIXSocket.for_fd(Integer(ENV.delete("GANTRY_SNAPSHOT_SOCKET")))
        GC.start
        [STDOUT, STDERR].each(&:flush)
        connection.ask("restore/next")
        loop do
          order, files = receive(channel)
          child = fork
          unless child
            connection.close
            channel.close
            return go_on(enter(order, files))
          end
          files.each(&:close)
          Process.wait(child)
        end
      end

      private

      def receive(channel)
        data, _, _, *ancillary = channel.recvmsg(1 << 17, 0, 1024, scm_rights: true)
        exit!(0) if data.empty? # the sandbox is about to end
        [data.force_encoding(Encoding::UTF_8).split("\0"), ancillary.flat_map(&:unix_rights)]
      end

      def enter(order, files)
        *namespaces, output, errors, arrival = files
        user, directory, address, *variables = order
        begin
          opened = files_in_tmp
          tmp = File.open(TMP)
          # The user namespace comes first: it allows to enter the others.
          namespaces.each { |namespace| System.enter(namespace) }
          become_child_of_init
          Process.setsid
          become(Integer(user))
          arrive(arrival)
          copy_tree("/proc/self/fd/#{tmp.fileno}", TMP) # the original's, whose path leads elsewhere by now
          tmp.close
          System.drop_capabilities
          STDOUT.reopen(output)
          STDERR.reopen(errors)
          STDOUT.sync = STDERR.sync = true
          opened.each { |file| reopen(file) }
          Dir.chdir(directory)
        rescue Exception => error
          arrival.syswrite(error.message.byteslice(0, 400))
          exit!(1)
        end
        [output, errors, arrival].each(&:close)
        variables.each { |variable| ENV.store(*variable.split("=", 2)) }
        ENV["AWS_LAMBDA_RUNTIME_API"] = address
      end

      # Entering a pid namespace counts for children. Once this child's parent is gone, its child is
      # one of that namespace's first process.
      def become_child_of_init
        if (child = fork)
          Process.wait(child)
          exit!(0)
        end
        exit!(0) if fork
      end

      def become(user)
        Process.groups = []
        Process::Sys.setresgid(user, user, user)
        Process::Sys.setresuid(user, user, user)
      end

      def arrive(arrival)
        sleep(0.0002) until Process.ppid == 1
        arrival.syswrite(Process.pid.to_s)
        exit!(1) unless arrival.recv(1) == "."
      end

      # What init left in /tmp.
      def copy_tree(source, target)
        Dir.each_child(source) do |name|
          from = "#{source}/#{name}"
          to = "#{target}/#{name}"
          about = File.lstat(from)
          if about.symlink?
            File.symlink(File.readlink(from), to)
          elsif about.directory?
            Dir.mkdir(to, about.mode & 0o7777)
            copy_tree(from, to)
          elsif about.file?
            copy_file(from, to, about.mode & 0o7777)
          end
        end
      end

      def copy_file(from, to, mode)
        File.open(from, File::RDONLY | File::NOFOLLOW) do |old|
          File.open(to, File::WRONLY | File::CREAT | File::EXCL, mode) { |new| IO.copy_stream(old, new) }
        end
      end

      def files_in_tmp
        Dir.children("/proc/self/fd").filter_map do |name|
          path = File.readlink("/proc/self/fd/#{name}")
          next unless path.start_with?("#{TMP}/")

          about = File.read("/proc/self/fdinfo/#{name}")
          flags = about[/^flags:\s*([0-7]+)/, 1].to_i(8)
          OpenFile.new(name.to_i, path, about[/^pos:\s*(\d+)/, 1].to_i, flags & KEPT_FLAGS,
                       (flags & System::CLOSE_ON_EXEC).zero?)
        rescue Errno::ENOENT
          nil # the listing's own
        end
      end

      def reopen(file)
        new = File.open(file.path, file.flags)
        new.sysseek(file.position)
        System.put_in_place(new, file.descriptor, file.inherited ? 0 : System::CLOSE_ON_EXEC)
        new.close
      rescue Errno::ENOENT
        nil # it was deleted
      end

      def go_on(address)
        connection = Connection.new(address)
        connection.ask("restore/next")
        connection.receive
        srand # and not what the original would draw next
        OpenSSL::Random.seed(Random.urandom(64)) if defined?(OpenSSL::Random)
        connection
      end
    end
  end
end
