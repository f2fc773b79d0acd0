package example;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;

public class Typed implements RequestHandler<Handlers.Order, Handlers.Order> {
    @Override
    public Handlers.Order handleRequest(Handlers.Order order, Context context) {
        order.id = order.id.toUpperCase();
        return order;
    }
}
