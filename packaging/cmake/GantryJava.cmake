# The client of Java functions, where there is a JDK: gantry_java_runtime(DIRECTORY SOURCES).
# Without one Gantry is built all the same, and says at Java's runtimes what to install.
function(gantry_java_runtime directory sources)
  find_package(Java 11 QUIET COMPONENTS Development)
  set(jackson /usr/share/java/jackson-databind.jar)
  if(NOT Java_JAVAC_EXECUTABLE OR NOT Java_JAR_EXECUTABLE OR NOT EXISTS ${jackson})
    message(STATUS "No JDK or no libjackson2-databind-java: without Java functions")
    return()
  endif()
  file(GLOB_RECURSE files CONFIGURE_DEPENDS ${sources}/*.java)
  set(classes ${CMAKE_CURRENT_BINARY_DIR}/java-runtime)
  set(jar ${directory}/gantry-runtime.jar)
  add_custom_command(
    OUTPUT ${jar}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${directory} ${classes}
    COMMAND ${Java_JAVAC_EXECUTABLE} --release 11 -Xlint:all -Werror
            -cp ${jackson}:/usr/share/java/jackson-core.jar:/usr/share/java/jackson-annotations.jar
            -d ${classes} ${files}
    COMMAND ${Java_JAR_EXECUTABLE} --create --file ${jar} -C ${classes} gantry
    DEPENDS ${files}
    COMMENT "javac gantry-runtime.jar")
  add_custom_target(gantry_java_runtime ALL DEPENDS ${jar})
endfunction()
