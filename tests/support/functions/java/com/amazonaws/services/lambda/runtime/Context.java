package com.amazonaws.services.lambda.runtime;

/** The names of aws-lambda-java-core that the tests need; a package brings the real one. */
public interface Context {
    String getAwsRequestId();

    String getLogStreamName();

    String getFunctionName();

    String getFunctionVersion();

    String getInvokedFunctionArn();

    ClientContext getClientContext();

    int getRemainingTimeInMillis();

    int getMemoryLimitInMB();

    LambdaLogger getLogger();
}
